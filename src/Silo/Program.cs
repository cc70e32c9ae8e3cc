using System.Net.Sockets;
using Anvil.Silo;
using Anvil.Storage;

if (args is ["--health", var url]) return await HealthClient.AskAsync(url);
if (args is ["--help" or "-h"])
{
    await Console.Out.WriteAsync(Settings.Usage());
    return 0;
}

DataFolder.MakeOwn();
NativeMemory.ReturnLargeBlocks();
try
{
    await using var app = await SiloHost.BuildAsync(args);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is IOException or SocketException or FormatException or InvalidOperationException
    or UnauthorizedAccessException || StorageFaults.Of(e) is not null)
{
    if (StorageFaults.Of(e) is { } fault) await Console.Error.WriteLineAsync($"anvil-silo: {fault.Text}");
    await Console.Error.WriteLineAsync($"anvil-silo: {e.Message}");
    return 1;
}
