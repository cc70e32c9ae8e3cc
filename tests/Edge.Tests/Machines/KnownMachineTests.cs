using System.Text.Json;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Edge.Tests.Machines;

/// <summary>What an edge keeps of a machine decides as the machine itself does: the preview is the answer.</summary>
public sealed class KnownMachineTests
{
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);
    private static readonly string?[] Loaders = [null, "\"grub\"", "\"pxelinux\"", "7", "\"\""];

    [Fact]
    public void DecidesAsTheWholeMachineDoes()
    {
        var catalogs = Loaders.Select(Catalog).ToList();
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var own in Loaders)
        {
            foreach (var (env, profiles, stage) in new[] { ("env", new[] { "p" }, "none"), ("env", [], "with"), ("gone", [], "none"),
                ("local", ["p"], "with") })
            {
                var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["zone"] = Value("1") };
                if (own is not null) values["boot-loader"] = Value(own);
                var machine = new Machine
                {
                    Uuid = "u",
                    Name = "m",
                    BootEnv = env,
                    Profiles = profiles,
                    Stage = stage,
                    Params = values,
                    HardwareAddrs = ["02:00:00:00:00:01"]
                };
                foreach (var client in new[] { new BootClient(ClientKind.Pxe, 0), new(ClientKind.Pxe, 7), new(ClientKind.Http, 16),
                    new(ClientKind.Ipxe, 11), new(ClientKind.None, 0) })
                {
                    foreach (var catalog in catalogs)
                    {
                        var answer = BootDecision.Decide(machine, "02:00:00:00:00:01", client, catalog, Server);
                        Assert.Equal(Json.Write(answer),
                            Json.Write(BootDecision.Decide(KnownMachine.Of(machine), "02:00:00:00:00:01", client, catalog, Server)));
                        files.Add(answer.File);
                    }
                }
            }
        }

        // The cases are not all one.
        Assert.Superset(new HashSet<string>(["", "undionly.kpxe", "pxelinux.0", "ipxe.efi", "shimx64.efi"]), files);
    }

    private static JsonElement Value(string json) => Json.Read<JsonElement>(json);

    /// <summary>A catalog whose profile, or stage, names a loader.</summary>
    private static CatalogSnapshot Catalog(string? loader)
    {
        var values = loader is null ? new Dictionary<string, JsonElement>()
            : new Dictionary<string, JsonElement> { ["boot-loader"] = Value(loader), ["needed"] = Value("1") };
        return new CatalogSnapshot(1,
        [
            new Profile { Name = "p", Params = values, Available = true },
            new Stage { Name = "none", Available = true },
            new Stage { Name = "with", Params = values, Available = true },
            new Template { ID = "t", Contents = "x", Available = true },
            new BootEnv { Name = "env", Kernel = "k", RequiredParams = ["needed", "zone"], Available = true,
                OS = new OsInfo { Name = "os", SupportedArchitectures = Kernels() },
                Templates = [new TemplateInfo { Name = "ipxe", Path = "x.ipxe", ID = "t" }] },
            new BootEnv { Name = "local", Available = true, OS = new OsInfo { Name = "local" } },
        ]);
    }

    private static Dictionary<string, ArchInfo> Kernels()
        => new(StringComparer.Ordinal) { ["amd64"] = new ArchInfo { Kernel = "k" }, ["arm64"] = new ArchInfo { Kernel = "k" } };
}
