using Anvil.Support;

namespace Anvil.Bench.Peers;

/// <summary>The peers' programs: unpacked by tests/Bench/fetch-peers, or those of the machine.</summary>
internal static class PeerPrograms
{
    private static readonly string Root = Path.Combine(BenchOptions.Repository, ".cache", "tools", "bench-peers");

    /// <summary>Where the unpacked ones find their libraries.</summary>
    public static string Libraries { get; } = string.Join(':', Path.Combine(Root, "usr/lib/x86_64-linux-gnu"),
        Path.Combine(Root, "usr/lib"),
        Path.Combine(Root, "lib/x86_64-linux-gnu"));

    /// <summary>Path of a program.</summary>
    /// <exception cref="SetupException">It is nowhere, with the package that has it.</exception>
    public static string Find(string program, string package)
        => new[] { Root, "/" }.SelectMany(r => new[] { "usr/sbin", "usr/bin", "usr/local/bin" }.Select(f => Path.Combine(r, f, program)))
            .FirstOrDefault(File.Exists) ?? throw new SetupException($"{program} is missing (package {package})");

    /// <summary>Path of a file of a package.</summary>
    /// <exception cref="SetupException">It is nowhere.</exception>
    public static string FindFile(string path, string package)
        => new[] { Root, "/" }.Select(r => Path.Combine(r, path)).FirstOrDefault(File.Exists)
            ?? throw new SetupException($"{path} is missing (package {package})");
}
