using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Templates;

/// <summary>The engine against what Go's text/template and Sprig document.</summary>
public sealed class TemplateSetTests
{
    private static readonly TemplateMap Data = new()
    {
        ["Name"] = "web1",
        ["Count"] = 3L,
        ["Empty"] = "",
        ["Yes"] = true,
        ["Nothing"] = null,
        ["List"] = new List<object?> { "a", "b", "c" },
        ["Map"] = new TemplateMap { ["x"] = 1L, ["y"] = new TemplateMap { ["z"] = "deep" } },
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{{ .Name }}", "web1")]
    [InlineData("{{.Map.y.z}}", "deep")]
    [InlineData("{{ $.Name }}", "web1")]
    [InlineData("a {{- .Name -}} b", "aweb1b")]
    [InlineData("a\n  {{- \" x\" }}\n b", "a x\n b")]
    [InlineData("a{{/* note */}}b", "ab")]
    [InlineData("a {{- /* note */ -}} b", "ab")]
    [InlineData("a{{-\n/* c */ -}}\nb", "ab")]
    [InlineData("a {{-\t/* c\n */\n-}} b", "ab")]
    [InlineData("{{ if .Yes }}y{{ else }}n{{ end }}", "y")]
    [InlineData("{{ if .Empty }}y{{ else if eq .Count 3 }}three{{ else }}n{{ end }}", "three")]
    [InlineData("{{ if and .Yes (gt .Count 2) }}both{{ end }}", "both")]
    [InlineData("{{ or .Empty \"fallback\" }}", "fallback")]
    [InlineData("{{ not .Yes }}", "false")]
    [InlineData("{{ range .List }}<{{ . }}>{{ end }}", "<a><b><c>")]
    [InlineData("{{ range $i, $v := .List }}{{ $i }}={{ $v }};{{ end }}", "0=a;1=b;2=c;")]
    [InlineData("{{ range $k, $v := .Map.y }}{{ $k }}:{{ $v }}{{ end }}", "z:deep")]
    [InlineData("{{ range .Nothing }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ range $x := list }}x{{ else }}{{ $x }}{{ end }}", "[]")]
    [InlineData("{{ range $i, $x := list }}x{{ else }}{{ $i }}{{ $x }}{{ end }}", "[][]")]
    [InlineData("{{ $x := 1 }}{{ range $x := list 2 }}{{ $x }}{{ end }}{{ $x }}", "21")]
    [InlineData("{{ $x := 1 }}{{ range $x = list }}x{{ end }}{{ $x }}", "[]")]
    [InlineData("{{ $x := 1 }}{{ range $x = list 2 3 }}{{ $x }}{{ end }}{{ $x }}", "233")]
    [InlineData("{{ $i := 7 }}{{ $x := 1 }}{{ range $i, $x = .Nothing }}x{{ else }}{{ kindOf $x }}{{ end }}{{ kindOf $i }}",
        "invalidinvalid")]
    [InlineData("{{ range .List }}{{ if eq . \"b\" }}{{ continue }}{{ end }}{{ . }}{{ end }}", "ac")]
    [InlineData("{{ range .List }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "a")]
    [InlineData("{{ range 3 }}{{ . }}{{ end }}", "012")]
    [InlineData("{{ with .Map.y }}{{ .z }}{{ end }}", "deep")]
    [InlineData("{{ with $x := .Name }}{{ $x }}{{ $.Count }}{{ end }}", "web13")]
    [InlineData("{{ with .Empty }}x{{ else with .Name }}{{ . }}{{ end }}", "web1")]
    [InlineData("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2")]
    [InlineData("{{ define \"u\" }}[{{ . }}]{{ end }}{{ template \"u\" .Name }}", "[web1]")]
    [InlineData("{{ block \"b\" .Name }}({{ . }}){{ end }}", "(web1)")]
    [InlineData("{{ define \"u\" }}1{{ end }}{{ define \"u\" }} \n{{ end }}{{ template \"u\" }}", "1")]
    [InlineData("{{ define \"u\" }} {{ end }}{{ define \"u\" }}2{{ end }}{{ template \"u\" }}", "2")]
    [InlineData("{{ define \"u\" }}3{{ end }}{{ block \"u\" . }}{{/* none */}}{{ end }}", "3")]
    [InlineData("\n{{ define \"t\" }}own{{ end }}\n", "own")]
    [InlineData("{{ define \"t\" }} {{ end }}main", "main")]
    [InlineData("{{ .Name | upper | printf \"%s-%d\" | len }}", "17")]
    [InlineData("{{ printf \"%05d|%-5s|%5.2f|%x|%q|%v\" 42 \"ab\" 3.14159 255 \"q\" true }}", "00042|ab   | 3.14|ff|\"q\"|true")]
    [InlineData("{{ index .List 1 }}{{ index .Map \"x\" }}", "b1")]
    [InlineData("{{ `a\r\nb\r` | printf \"%q\" }}", "\"a\\nb\"")]
    [InlineData("{{ eq .Name \"a\" \"web1\" }}{{ ne 1 2 }}{{ le 1 1 }}", "truetruetrue")]
    [InlineData("{{ .List }} {{ .Map.y }}", "[a b c] map[z:deep]")]
    [InlineData("{{ `raw\\n` }}{{ \"esc\\t\\u0041\" }}{{ 'A' }}", "raw\\nesc\tA65")]
    [InlineData("{{ 0x1F }} {{ 1_000 }} {{ 1.50 }} {{ -3 }}", "31 1000 1.5 -3")]
    [InlineData("{{ 017 }} {{ 0x1p-2 }} {{ 0x1P+2 }} {{ 08.5 }} {{ 1e-2 }}", "15 0.25 4 8.5 0.01")]
    [InlineData("{{ (index .List 0) | quote }}", "\"a\"")]
    [InlineData("{{ (dict \"a\" (list 1 2)).a | toJson }}", "[1,2]")]
    [InlineData("{{ default \"d\" .Empty }}{{ .Name | default \"d\" }}", "dweb1")]
    [InlineData("{{ ternary \"a\" \"b\" .Yes }}", "a")]
    [InlineData("{{ list 3 1 2 | sortAlpha | join \",\" }}", "1,2,3")]
    [InlineData("{{ \"a,b\" | splitList \",\" | first }}{{ (split \",\" \"a,b\")._1 }}", "ab")]
    [InlineData("{{ \"a\\nb\" | nindent 2 }}", "\n  a\n  b")]
    [InlineData("{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\" }}", "-W-xxW-")]
    [InlineData("{{ \"hello\" | b64enc }} {{ \"aGVsbG8=\" | b64dec }}", "aGVsbG8= hello")]
    [InlineData("{{ \"x\" | sha256sum | trunc 8 }}", "2d711642")]
    [InlineData("{{ add 1 2 3 }}{{ sub 5 2 }}{{ mul 2 3 }}{{ div 7 2 }}{{ mod 7 2 }}{{ max 1 5 2 }}", "636315")]
    [InlineData("{{ semverCompare \"^1.2.0\" \"1.9.1\" }}{{ semverCompare \">=2.0\" \"1.9\" }}", "truefalse")]
    [InlineData("{{ dig \"y\" \"z\" \"none\" .Map }}{{ dig \"q\" \"none\" .Map }}", "deepnone")]
    [InlineData("{{ (urlParse \"http://h:80/p?q=1\").path }}", "/p")]
    [InlineData("{{ until 3 | join \"\" }}{{ has \"b\" .List }}{{ without .List \"b\" | len }}", "012true2")]
    [InlineData("{{ \"Some Name\" | snakecase }} {{ \"a-b\" | camelcase }} {{ \"abc\" | title }}", "some_name AB Abc")]
    [InlineData("{{ fromJson \"{\\\"a\\\": [1, true]}\" | toJson }}", "{\"a\":[1,true]}")]
    public void Renders(string template, string expected) => Assert.Equal(expected, TemplateSet.Empty.Render("t", template, Data));

    [Theory]
    [InlineData("hi {{", "template: t:1: unclosed action")]
    [InlineData("a\n{{ if .X }}b", "template: t:2: unclosed {{if}}: unexpected EOF")]
    [InlineData("{{ nosuch 1 }}", "template: t:1: function \"nosuch\" not defined")]
    [InlineData("{{ $x }}", "template: t:1: undefined variable \"$x\"")]
    [InlineData("{{ end }}", "template: t:1: unexpected {{end}}")]
    [InlineData("{{ .A | }}", "template: t:1: missing value for command")]
    [InlineData("{{ \"a }}", "template: t:1: unterminated quoted string")]
    [InlineData("{{ break }}", "template: t:1: {{break}} outside {{range}}")]
    [InlineData("{{ 08 }}", "template: t:1: integer overflow: \"08\"")]
    [InlineData("{{ -09 }}", "template: t:1: integer overflow: \"-09\"")]
    [InlineData("{{ 18446744073709551616 }}", "template: t:1: integer overflow: \"18446744073709551616\"")]
    [InlineData("{{ 1p-2 }}", "template: t:1: bad number syntax: \"1p-2\"")]
    [InlineData("{{ define \"T\" }}1{{ end }}\n{{ define \"T\" }}2{{ end }}", "template: t:2: multiple definition of template \"T\"")]
    [InlineData("{{ define \"T\" }}1{{ end }}{{ block \"T\" . }}2{{ end }}", "template: t:1: multiple definition of template \"T\"")]
    [InlineData("{{ block \"T\" . }}1{{ end }}{{ block \"T\" . }}1{{ end }}", "template: t:1: multiple definition of template \"T\"")]
    [InlineData("{{ define \"t\" }}1{{ end }}main", "template: t:1: multiple definition of template \"t\"")]
    [InlineData("{{ if true }}{{ define \"T\" }}{{ end }}{{ end }}",
        "template: t:1: unexpected {{define}}: it stands within nothing else")]
    [InlineData("{{ define \"A\" }}{{ define \"T\" }}{{ end }}{{ end }}",
        "template: t:1: unexpected {{define}}: it stands within nothing else")]
    [InlineData("{{ (1 }}", "template: t:1: unclosed left paren")]
    [InlineData("{{/* x }}", "template: t:1: unclosed comment")]
    [InlineData("{{ /* x */}}", "template: t:1: unexpected bad character U+002F '/' in action")]
    [InlineData("{{-  /* x */}}", "template: t:1: unexpected bad character U+002F '/' in action")]
    [InlineData("{{- /*\n*/\n-}}{{ nosuch }}", "template: t:3: function \"nosuch\" not defined")]
    public void NamesTheLineOfWhatDoesNotParse(string template, string expected)
        => Assert.Equal(expected, Assert.Throws<TemplateException>(() => TemplateSet.Empty.With("t", template)).Message);

    [Theory]
    [InlineData("one\n{{ .Missing }}", "template: t:2:3: executing \"t\" at <.Missing>: map has no entry for key \"Missing\"")]
    [InlineData("{{ .Nothing.X }}", "template: t:1:3: executing \"t\" at <.Nothing.X>: nil data; no entry for key \"X\"")]
    [InlineData("{{ index .List 9 }}", "template: t:1:3: executing \"t\" at <index .List 9>: error calling index: index out of range: 9")]
    [InlineData("{{ slice \"abcdef\" 1 3 }}", "template: t:1:3: executing \"t\" at <slice \"abcdef\" 1 3>: error calling slice: "
        + "list should be type of slice or array but string")]
    [InlineData("{{ fail \"stop\" }}", "template: t:1:3: executing \"t\" at <fail \"stop\">: error calling fail: stop")]
    [InlineData("{{ template \"gone\" }}", "template: t:1:3: executing \"t\" at <{{template \"gone\"}}>: template \"gone\" not defined")]
    [InlineData("{{ lt 1 \"a\" }}",
        "template: t:1:3: executing \"t\" at <lt 1 \"a\">: error calling lt: incompatible types for comparison")]
    [InlineData("{{ upper }}", "template: t:1:3: executing \"t\" at <upper>: wrong number of args for upper: want 1 got 0")]
    public void NamesTemplateLineAndCauseOfWhatFails(string template, string expected)
        => Assert.Equal(expected, Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", template, Data)).Message);

    [Theory]
    [InlineData("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}")]
    [InlineData("{{ range 1000000 }}{{ range 1000000 }}x{{ end }}{{ end }}")]
    [InlineData("{{ repeat 1000000 \"xxxxxxxxxxxxxxxxxxxxxx\" }}")]
    [InlineData("{{ range until 1000000 }}{{ repeat 1000000 \"x\" }}{{ end }}")]
    public void StopsWhatWouldNotEnd(string template)
        => Assert.Throws<TemplateException>(() => TemplateSet.Empty.Render("t", template, Data));

    [Fact]
    public void TemplatesOfASetCallEachOther()
    {
        var set = TemplateSet.Empty.With("a", "A{{ template \"b\" . }}").With("b", "B{{ . }}");
        Assert.Equal("AB1", set.Execute("a", 1L));
        Assert.Equal("xAB2", set.Render("c", "x{{ template \"a\" . }}", 2L));
    }

    [Fact]
    public void NoTextMakesTheEngineFailInAnotherWay()
    {
        string[] parts = ["{{", "}}", "{{-", " -}}", "if", "range", "end", "else", "define", "\"a\"", "template", ".X", ".", "$x", ":=",
            "=", "|", "(", ")", ",", "1", "-", "'c'", "`", "/*", "*/", "\n", " ", "len", "and", "nil", "true", "\\", "é", "printf",
            "\"%*d\""];
        var random = new Random(7);
        for (var i = 0; i < 100_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                TemplateSet.Empty.Render("t", text, Data);
            }
            catch (TemplateException)
            {
                // The one way to fail.
            }
        }
    }
}
