using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests;

/// <summary>The content that comes with Anvil, with what a test adds.</summary>
internal static class TestCatalog
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static ParamKeys Keys { get; } = new(new byte[32]);

    public static string ContentFolder { get; } = Path.Combine(Support.Repository.Root, "content", "anvil");

    public static IReadOnlyList<Document> Content()
        => ContentPack.Read("anvil", Directory.EnumerateFiles(ContentFolder, "*", SearchOption.AllDirectories)
        .Select(f => new ContentFile(Path.GetRelativePath(ContentFolder, f), File.ReadAllText(f))));

    public static CatalogSnapshot With(params IEnumerable<Document> extra) => new(1, Content().Concat(extra));

    public static Pref Pref(string name, string value) => new() { Name = name, Val = value };

    public static Subnet Subnet(string start = "10.0.0.10", string end = "10.0.0.20", IReadOnlyList<string>? pickers = null) => new()
    {
        Name = "net",
        Network = "10.0.0.0/24",
        Enabled = true,
        ActiveStart = start,
        ActiveEnd = end,
        ActiveLeaseTime = 600,
        ReservedLeaseTime = 7200,
        Strategy = "MAC",
        Pickers = pickers ?? ["hint", "nextFree", "mostExpired"],
    };
}
