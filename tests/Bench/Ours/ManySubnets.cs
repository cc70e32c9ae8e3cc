using Anvil.Provisioning.Network;

namespace Anvil.Bench.Ours;

/// <summary>A database with many subnets that no client of the bench is in.</summary>
internal static class ManySubnets
{
    /// <summary>Makes its folder, once for a number; null for none.</summary>
    public static async Task<string> MakeAsync(string folder, int subnets, CancellationToken cancellation)
    {
        var made = Path.Combine(folder, $"subnets-{subnets}");
        if (Directory.Exists(made)) return made;
        var making = Directory.CreateDirectory(made + ".new").FullName;
        await CatalogFile.MakeAsync(making, Enumerable.Range(0, subnets).Select(Unused), cancellation);
        Directory.Move(making, made);
        return made;
    }

    private static Subnet Unused(int number) => new()
    {
        Name = $"n{number}",
        Network = $"11.{number / 256}.{number % 256}.0/24",
        Enabled = true,
        Strategy = "MAC",
        ActiveStart = $"11.{number / 256}.{number % 256}.10",
        ActiveEnd = $"11.{number / 256}.{number % 256}.250",
        ActiveLeaseTime = 600,
        ReservedLeaseTime = 7200,
        Pickers = ["hint", "nextFree", "mostExpired"],
    };
}
