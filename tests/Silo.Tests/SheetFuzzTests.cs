using Anvil.Gateway.Sheets;
using Anvil.Provisioning.Sheets;

namespace Anvil.Silo.Tests;

/// <summary>Sheets' files as nobody would write them: read, or refused with a reason.</summary>
public sealed class SheetFuzzTests
{
    private static readonly byte[] Csv = "Name,MACs,\"a \"\"b\"\"\"\nweb1,52:54:00:00:00:01,\"x\ny\"\nweb2;;\t\n"u8.ToArray();
    private static readonly Lazy<byte[]> Xlsx = new(() =>
    {
        using var stream = new MemoryStream();
        SheetWriter.WriteXlsxAsync(stream, Rows(), CancellationToken.None).GetAwaiter().GetResult();
        return stream.ToArray();
    });

    [Fact]
    public Task CsvFiles() => Fuzz.FixedAsync(random => One(Fuzz.Mutate(random, Csv)));

    [Fact]
    public Task XlsxFiles() => Fuzz.FixedAsync(random => One(Fuzz.Mutate(random, Xlsx.Value)));

    [Fact(Explicit = true)]
    public Task FilesWithoutEnd() => Fuzz.OpenAsync(random => One(Fuzz.Mutate(random, random.Next(2) == 0 ? Csv : Xlsx.Value)));

    private static void One(byte[] file)
    {
        try
        {
            var sheet = SheetReader.Read(file);
            Assert.InRange(sheet.Header.Count, 1, MachineSheet.MostColumns);
        }
        catch (SheetException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<string>> Rows()
    {
        await Task.CompletedTask;
        yield return ["Name", "MACs"];
        yield return ["web1", "52:54:00:00:00:01"];
    }
}
