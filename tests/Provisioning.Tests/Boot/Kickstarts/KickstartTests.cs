using System.Text.RegularExpressions;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>The reader of kickstart files, and what Anvil's are to it.</summary>
public sealed class KickstartTests
{
    private static readonly int[] Releases = [8, 9, 10];

    /// <summary>Files, one a line, and what releases 8, 9 and 10 say: `+` taken, `~` taken with a complaint, `-` refused.</summary>
    private static IEnumerable<(string Verdicts, string Text)> Cases
        => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Boot", "Kickstarts", "cases.txt"))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => (l[..3], Regex.Unescape(l[4..]) + "\n"));

    [Fact]
    public void EveryCaseIsReadAsEachReleaseReadsIt()
    {
        var wrong = from c in Cases
                    from r in Releases
                    let file = KickstartFile.Read(c.Text, r)
                    let verdict = file.Problems.Count > 0 ? '-' : file.Warnings.Count > 0 ? '~' : '+'
                    where verdict != c.Verdicts[r - 8]
                    select $"RHEL {r} says {verdict}, not {c.Verdicts[r - 8]}, of {c.Text}: {string.Join("; ",
                        file.Problems.Concat(file.Warnings))}";
        Assert.Equal("", string.Join('\n', wrong));
    }

    /// <summary>Anaconda's own reader says the same: where ksvalidator (of pykickstart) is installed.</summary>
    [Fact(Explicit = true)]
    public void KsvalidatorSaysTheSame()
    {
        try
        {
            Commands.Run("ksvalidator", "--listversions");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("ksvalidator is not installed");
        }

        var file = Path.GetTempFileName();
        var wrong = new List<string>();
        foreach (var (verdicts, text) in Cases.Concat(Rendered().Select(r => ("+++", r.Text))))
        {
            File.WriteAllText(file, text);
            foreach (var release in Releases)
            {
                var (code, output, error) = Commands.Try("ksvalidator", "-v", $"RHEL{release}", file);
                // It ends well only of what it has no complaint about.
                if (code == 0 != (verdicts[release - 8] == '+')) wrong.Add($"RHEL {release}, {code}: {text}{output}{error}");
            }
        }

        File.Delete(file);
        Assert.Equal("", string.Join('\n', wrong));
    }

    /// <summary>With every combination of what the template branches on, no release has a word against it.</summary>
    [Fact]
    public void EveryKickstartIsOne()
    {
        var count = 0;
        foreach (var (installer, text) in Rendered())
        {
            count++;
            foreach (var release in Releases)
            {
                var file = KickstartFile.Read(text, release);
                Assert.True(file.Problems.Count + file.Warnings.Count == 0,
                    $"{installer} for {release}: {string.Join("; ", file.Problems.Concat(file.Warnings))}\n{text}");
                Assert.Equal(["%packages", "%post"], file.Sections.Select(s => s.Head.Name));
            }
        }

        Assert.True(count > 100, $"{count} kickstarts are few");
    }

    [Theory]
    [InlineData("rhel-8", 8)]
    [InlineData("rhel-9", 9)]
    public void TheKickstartSaysWhatTheParamsSay(string installer, int release)
    {
        var file = KickstartFile.Read(Answers.Render(installer, Answers.Everything)["kickstart"], release);
        Assert.Equal(("http://mirror.example/rocky/9/BaseOS/x86_64/os", "http://proxy.example:3128/"),
            (file.Command("url")["--url"], file.Command("url")["--proxy"]));
        Assert.Equal(("appstream", "http://mirror.example/rocky/9/AppStream/x86_64/os", "http://proxy.example:3128/"),
            (file.Command("repo")["--name"], file.Command("repo")["--baseurl"], file.Command("repo")["--proxy"]));
        var user = file.Command("user");
        Assert.Equal(("ann", "wheel", "$6$salt$hash./abc"), (user["--name"], user["--groups"], user["--password"]));
        Assert.True(user.Has("--iscrypted") && !user.Has("--lock") && file.Command("rootpw").Has("--lock"));
        Assert.Equal(("nvme0n1", "lvm", "web1.example.com"),
            (file.Command("ignoredisk")["--only-use"], file.Command("autopart")["--type"], file.Command("network")["--hostname"]));
        Assert.Equal(("de_DE.UTF-8", "de", "Europe/Berlin"), (Only("lang"), Only("keyboard"), Only("timezone")));
        Assert.Equal("console=tty0 console=ttyS0,115200n8", file.Command("bootloader")["--append"]);
        Assert.Equal(["@^minimal-environment", "openssh-server", "sudo", "curl", "htop", "g++"], file.Sections[0].Lines);
        Answers.Check(string.Join('\n', file.Sections[1].Lines) + "\n", "sh", "-n");
        Answers.Check(string.Join('\n', file.Sections[1].Lines) + "\n", "bash", "-n");

        string Only(string command) => Assert.Single(file.Command(command).Arguments);
    }

    private static IEnumerable<(string Installer, string Text)> Rendered() =>
        from installer in Answers.Installers
        where installer.StartsWith("rhel", StringComparison.Ordinal)
        from values in Answers.Variants(installer)
        select (installer, Answers.Render(installer, values)["kickstart"]);
}
