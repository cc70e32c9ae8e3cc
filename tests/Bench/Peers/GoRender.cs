using Anvil.Support;

namespace Anvil.Bench.Peers;

/// <summary>Go's text/template, as a program that Debian's Go builds from a file of the bench.</summary>
internal sealed class GoRender
{
    private readonly string _program;

    private GoRender(string program) => _program = program;

    /// <summary>Builds it.</summary>
    /// <exception cref="SetupException">Go is missing, or does not build it.</exception>
    public static async Task<GoRender> BuildAsync(string source, string folder, CancellationToken cancellation)
    {
        var go = PeerPrograms.Find("go", "golang-go");
        var program = Path.Combine(folder, "go-render");
        await Task.Run(() => Commands.Run("env", $"HOME={folder}", $"GOCACHE={Path.Combine(folder, "go-cache")}", "GO111MODULE=off",
            "CGO_ENABLED=0", go, "build", "-o", program, source), cancellation);
        return new GoRender(program);
    }

    /// <summary>The text, rendered once.</summary>
    public string Once(string template, string data) => Commands.Run(_program, template, data, "0");

    /// <summary>Renders on one thread for some seconds; texts a second, and for each second of its processor time.</summary>
    public (double Rate, double PerCpu) For(string template, string data, double seconds)
    {
        var said = Commands.Run(_program, template, data, seconds.ToString(CultureInfo.InvariantCulture)).Split(' ')
            .Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToList();
        return (said[0] / said[1], said[0] / said[2]);
    }
}
