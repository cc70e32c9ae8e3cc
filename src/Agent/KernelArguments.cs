namespace Anvil.Agent;

/// <summary>The kernel's command line.</summary>
public static class KernelArguments
{
    /// <summary>Value of `name=value`; null when it is not there.</summary>
    public static string? Get(string name)
        => File.ReadAllText("/proc/cmdline").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(a => a.StartsWith(name + "=", StringComparison.Ordinal)).Select(a => a[(name.Length + 1)..]).LastOrDefault();
}
