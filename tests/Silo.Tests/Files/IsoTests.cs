using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Events;

namespace Anvil.Silo.Tests.Files;

/// <summary>ISOs that boot environments name: exploded at each edge, and served.</summary>
public abstract class IsoTests(FilesFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly string _os = $"os{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task AnUploadedIsoBecomesBootFilesOfEachEdgeAndItsEnvironmentAvailable()
    {
        var since = await silo.LogEndAsync();
        var iso = Iso("first");
        await EnvironmentAsync(Hash(iso));
        var env = await silo.OkAsync("GET", $"bootenvs/{_os}-install");
        Assert.Equal("false", env["Available"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, (await silo.SendAsync($"isos/{_os}.iso", iso)).Status);
        await AvailableAsync();
        foreach (var (port, root) in silo.Edges)
        {
            Assert.Equal("first", Encoding.UTF8.GetString((await FilesFixture.BootFileAsync(port, $"{_os}/install/boot/vmlinuz"))!));
            Assert.Equal(Hash(iso), await File.ReadAllTextAsync(Path.Combine(root, _os, "install", $".{_os}.rebar_canary")));
            // Links out of the ISO are none.
            Assert.Null(await FilesFixture.BootFileAsync(port, $"{_os}/install/passwd"));
            Assert.Equal(iso, await FilesFixture.BootFileAsync(port, $"isos/{_os}.iso"));
        }

        var reports = (await ReportsAsync()).ToList();
        Assert.Equal(silo.Edges.Count, reports.Count);
        Assert.All(reports, r => Assert.Equal(("done", 100, $"{_os}/install"),
            (r["State"]!.ToString(), (int)r["Percent"]!, r["Folder"]!.ToString())));
        var told = (await silo.HappenedAsync(since)).Where(e => e.Key == $"{_os}.iso");
        Assert.Equal(["create", "explode"], told.Select(e => e.Action).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Contains(told, e => e.Detail.Contains($"is exploded into {_os}/install", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnotherIsoUnderTheNameTakesThePlaceOfTheFirst()
    {
        await EnvironmentAsync("");
        await silo.SendAsync($"isos/{_os}.iso", Iso("first"));
        await AvailableAsync();
        await silo.SendAsync($"isos/{_os}.iso", Iso("second"));
        foreach (var (port, _) in silo.Edges)
            await Wait.UntilAsync(
                async () => await FilesFixture.BootFileAsync(port, $"{_os}/install/boot/vmlinuz") is { } kernel
                    && Encoding.UTF8.GetString(kernel) == "second",
                Soon, () => $"edge {port} has the former kernel");
        // What was exploded stays when the ISO goes.
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"isos/{_os}.iso")).Status);
        Assert.Equal("true", (await silo.OkAsync("GET", $"bootenvs/{_os}-install"))["Available"]!.ToJsonString());
    }

    [Fact]
    public async Task AnIsoWithAnotherHashIsNotExplodedAndTheEnvironmentSaysSo()
    {
        var iso = Iso("x");
        await EnvironmentAsync(new string('a', 64));
        await silo.SendAsync($"isos/{_os}.iso", iso);
        var env = await silo.OkAsync("GET", $"bootenvs/{_os}-install");
        Assert.Equal("false", env["Available"]!.ToJsonString());
        Assert.Contains($"ISO {_os}.iso has another SHA-256 than {new string('a', 64)}: it is not exploded",
            env["Errors"]!.AsArray().Select(e => e!.ToString()));
        var listed = (await silo.OkAsync("GET", $"bootenvs?Name={_os}-install"))[0]!;
        Assert.Contains($"than {new string('a', 64)}", listed["Errors"]!.ToJsonString(), StringComparison.Ordinal);
        // Who mends the environment need not upload it once more.
        await silo.OkAsync("PATCH", $"bootenvs/{_os}-install",
            $$"""[{"op":"replace","path":"/OS/SupportedArchitectures/amd64/Sha256","value":"{{Hash(iso)}}"}]""");
        await AvailableAsync();
    }

    [Fact]
    public async Task WhatIsNoIsoIsSaidToBeNone()
    {
        await EnvironmentAsync("");
        await silo.SendAsync($"isos/{_os}.iso", Encoding.UTF8.GetBytes("#mtree\n./boot/vmlinuz type=file contents=/etc/passwd\n"));
        var errors = "";
        await Wait.UntilAsync(
            async () => (errors = (await silo.OkAsync("GET", $"bootenvs/{_os}-install"))["Errors"]!.ToJsonString())
                .Split("no archive that is read").Length == silo.Edges.Count + 1,
            Soon, () => $"nothing is said of it: {errors}");
        Assert.All(await ReportsAsync(), r => Assert.Equal("failed", r["State"]!.ToString()));
        foreach (var (port, root) in silo.Edges)
        {
            Assert.Null(await FilesFixture.BootFileAsync(port, $"{_os}/install/boot/vmlinuz"));
            Assert.False(Directory.Exists(Path.Combine(root, _os)));
        }
    }

    [Fact]
    public async Task WhatLiesThereByHandIsNotReplaced()
    {
        await EnvironmentAsync("");
        foreach (var (_, root) in silo.Edges)
        {
            Directory.CreateDirectory(Path.Combine(root, _os, "install", "boot"));
            await File.WriteAllTextAsync(Path.Combine(root, _os, "install", "boot", "vmlinuz"), "by hand");
        }

        await silo.SendAsync($"isos/{_os}.iso", Iso("x"));
        var errors = "";
        await Wait.UntilAsync(
            async () => (errors = (await silo.OkAsync("GET", $"bootenvs/{_os}-install"))["Errors"]!.ToJsonString())
                .Contains("was not made from an ISO", StringComparison.Ordinal),
            Soon, () => $"nothing is said of it: {errors}");
        foreach (var (port, _) in silo.Edges)
            Assert.Equal("by hand", Encoding.UTF8.GetString((await FilesFixture.BootFileAsync(port, $"{_os}/install/boot/vmlinuz"))!));
    }

    private static string Hash(byte[] octets) => Convert.ToHexStringLower(SHA256.HashData(octets));

    private Task<JsonNode> EnvironmentAsync(string sha256) => silo.OkAsync("POST", "bootenvs",
        $$"""
        {"Name":"{{_os}}-install","OS":{"Name":"{{_os}}","SupportedArchitectures":{"amd64":{"IsoFile":"{{_os}}.iso","Sha256":"{{sha256}}",
        "Kernel":"boot/vmlinuz"} } },"Templates":[{"Name":"ipxe","Path":"{{_os}}.ipxe","Contents":"#!ipxe"}]}
        """);

    private async Task AvailableAsync()
    {
        JsonNode? env = null;
        await Wait.UntilAsync(
            async () =>
            {
                env = await silo.OkAsync("GET", $"bootenvs/{_os}-install");
                return env["Available"]!.ToJsonString() == "true" && env["Errors"]!.AsArray().Count == 0;
            },
            Soon, () => $"the environment does not become available: {env}");
    }

    private async Task<IEnumerable<JsonNode>> ReportsAsync()
        => (await silo.OkAsync("GET", "explosions")).AsArray().Where(r => r!["Iso"]!.ToString() == $"{_os}.iso").Select(r => r!);

    private static byte[] Iso(string kernel)
    {
        var folder = Directory.CreateTempSubdirectory("anvil-iso-");
        try
        {
            var from = folder.CreateSubdirectory("from");
            from.CreateSubdirectory("boot");
            File.WriteAllText(Path.Combine(from.FullName, "boot", "vmlinuz"), kernel);
            File.CreateSymbolicLink(Path.Combine(from.FullName, "passwd"), "/etc/passwd");
            var iso = Path.Combine(folder.FullName, "x.iso");
            Commands.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", iso, from.FullName);
            return File.ReadAllBytes(iso);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>ISOs of one silo on SQLite.</summary>
public sealed class SingleIsoTests(FilesSilo silo) : IsoTests(silo), IClassFixture<FilesSilo>;

/// <summary>ISOs of three silos on PostgreSQL.</summary>
public sealed class ClusterIsoTests(FilesCluster silos) : IsoTests(silos), IClassFixture<FilesCluster>;
