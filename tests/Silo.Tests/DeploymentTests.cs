using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Contracts.Diagnostics;
using YamlDotNet.RepresentationModel;
using Anvil.Support;

namespace Anvil.Silo.Tests;

/// <summary>The files in deploy/ say what the program has.</summary>
public sealed partial class DeploymentTests
{

    [Fact]
    public void EveryMetricOfTheGrafanaDashboardIsOneThatAnvilOrOrleansSends()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "anvil.json"));
        Assert.NotNull(JsonNode.Parse(text)!["panels"]);
        // As a Prometheus takes OTLP: dots become underscores, units and _total are appended.
        var known = typeof(AnvilDiagnostics).GetProperties().Select(p => p.GetValue(null)).OfType<System.Diagnostics.Metrics.Instrument>()
            .Select(i => i.Name.Replace('.', '_')).ToHashSet(StringComparer.Ordinal);
        var used = Metric().Matches(text).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(used);
        foreach (var metric in used)
            Assert.Contains(known,
                k => metric == k || (metric.StartsWith(k + "_", StringComparison.Ordinal) && Suffix().IsMatch(metric[k.Length..])));
    }

    [Fact]
    public void EverySettingInComposeKubernetesAndSystemdIsOneThatTheSiloHas()
    {
        var files = new[] { "docker-compose.yml", "deploy/kubernetes/anvil.yaml", "deploy/systemd/anvil@.service", "Dockerfile" };
        foreach (var file in files)
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, file));
            var names = Setting().Matches(text).Select(m => (Section: m.Groups[1].Value, Name: m.Groups[2].Value)).ToList();
            Assert.NotEmpty(names);
            foreach (var (section, name) in names)
            {
                var type = section == SiloOptions.Section ? typeof(SiloOptions) : typeof(Anvil.Edge.EdgeOptions);
                Assert.True(type.GetProperty(name) is not null, $"{file}: there is no setting {section}:{name}");
            }
        }
    }

    [Fact]
    public void NoDeploymentHasAPasswordThatEverybodyKnows()
    {
        var compose = File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml"));
        var asked = Password().Matches(compose).Select(m => m.Value).ToList();
        Assert.Contains("${ANVIL_PASSWORD:?", asked);
        Assert.Contains("${POSTGRES_PASSWORD:?", asked);
        Assert.All(asked, a => Assert.EndsWith(":?", a, StringComparison.Ordinal));
        var manifests = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kubernetes", "anvil.yaml"));
        Assert.Contains("ANVIL_Silo__AdminPassword: \"\"\n", manifests, StringComparison.Ordinal);
    }

    [Fact]
    public void TheKubernetesManifestsAreWellFormed()
    {
        var stream = new YamlStream();
        using (var reader = new StreamReader(Path.Combine(Repository.Root, "deploy", "kubernetes", "anvil.yaml"))) stream.Load(reader);
        string Text(YamlDocument document, params string[] path)
        {
            var node = document.RootNode;
            foreach (var step in path)
                node = node is YamlSequenceNode list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]
                    : node[step];
            return node.ToString();
        }

        Assert.All(stream.Documents, d => Assert.True(Text(d, "kind") == "Namespace" || Text(d, "metadata", "namespace") == "anvil"));
        var edge = stream.Documents.Single(d => Text(d, "kind") == "DaemonSet");
        Assert.Equal("true", Text(edge, "spec", "template", "spec", "hostNetwork"));
        foreach (var workload in stream.Documents.Where(d => Text(d, "kind") is "Deployment" or "DaemonSet"))
        {
            Assert.Equal("/readyz", Text(workload, "spec", "template", "spec", "containers", "0", "readinessProbe", "httpGet", "path"));
            Assert.Equal(Text(workload, "spec", "selector", "matchLabels", "role"),
                Text(workload, "spec", "template", "metadata", "labels", "role"));
        }
    }

    [GeneratedRegex(@"\$\{[A-Z_]*PASSWORD[:?-]*", RegexOptions.None, 1000)]
    private static partial Regex Password();

    [GeneratedRegex("anvil_[a-z_]+", RegexOptions.None, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex("^(_seconds|_bytes)?(_total|_bucket|_sum|_count)?$", RegexOptions.None, 1000)]
    private static partial Regex Suffix();

    [GeneratedRegex("ANVIL_([A-Za-z]+)__([A-Za-z]+)", RegexOptions.None, 1000)]
    private static partial Regex Setting();
}
