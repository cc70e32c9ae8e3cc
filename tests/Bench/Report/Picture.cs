using System.Xml.Linq;

namespace Anvil.Bench.Report;

/// <summary>Draws curves as SVG, a panel each: medians joined, the least and the most of the runs as bars, from nought up.</summary>
internal static class Picture
{
    private const int Columns = 3;
    private const int Width = 300;
    private const int Height = 190;
    private const int Left = 58;
    private const int Right = 30;
    private const int Top = 34;
    private const int Bottom = 30;
    private const string OurColour = "#0a7d5a";
    private const string PeerColour = "#8a8a8a";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Writes a picture for each case that has curves, named after it; what it writes, it tells.</summary>
    public static IReadOnlyList<string> Write(IReadOnlyList<BenchLine> lines, string folder)
    {
        Directory.CreateDirectory(folder);
        var files = new List<string>();
        foreach (var one in Curve.Of(lines).GroupBy(c => c.Name.Split('.')[0], StringComparer.Ordinal))
        {
            files.Add(Path.Combine(folder, one.Key + ".svg"));
            File.WriteAllText(files[^1], Of([.. one]).ToString() + "\n");
        }

        return files;
    }

    /// <summary>One picture of some curves.</summary>
    public static XElement Of(IReadOnlyList<Curve> curves)
    {
        var (columns, rows) = (Math.Min(Columns, curves.Count), (curves.Count + Columns - 1) / Columns);
        var picture = new XElement(Svg + "svg", new XAttribute("viewBox", $"0 0 {columns * Width} {rows * Height}"),
            new XAttribute("width", columns * Width), new XAttribute("height", rows * Height),
            new XAttribute("font-family", "sans-serif"), new XAttribute("font-size", 10),
            new XElement(Svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"),
                new XAttribute("fill", "#ffffff")));
        for (var i = 0; i < curves.Count; i++)
        {
            picture.Add(new XElement(Svg + "g",
                new XAttribute("transform", $"translate({i % Columns * Width} {i / Columns * Height})"), Panel(curves[i])));
        }

        return picture;
    }

    private static IEnumerable<XElement> Panel(Curve curve)
    {
        var sizes = curve.Ours.Select(p => p.Size).ToList();
        var (least, most) = (Math.Log(Math.Max(1, sizes[0])), Math.Log(Math.Max(1, sizes[^1])));
        var top = Ceiling(curve.Ours.Concat(curve.Peer).Max(p => p.Runs.Max));
        double X(double size) => Left + (Width - Left - Right) * (Math.Log(Math.Max(1, size)) - least) / Math.Max(1e-9, most - least);
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / top;

        yield return Text(Left, 14, "start", $"{curve.Name}{(curve.Unit.Length > 0 ? $", {curve.Unit}" : "")}", "#000000");
        if (curve.PeerName.Length > 0) yield return Text(Left, 26, "start", $"grey: {curve.PeerName}", PeerColour);
        foreach (var share in new[] { 0, 0.5, 1 })
        {
            yield return Line(Left, Y(top * share), Width - Right, Y(top * share), "#dddddd", 1);
            yield return Text(Left - 4, Y(top * share) + 3, "end", Spread.Text(top * share), "#444444");
        }

        foreach (var size in sizes)
            yield return Text(X(size), Height - Bottom + 14, "middle", size.ToString("#,0", CultureInfo.InvariantCulture), "#444444");
        foreach (var (points, colour) in new[] { (curve.Peer, PeerColour), (curve.Ours, OurColour) })
        {
            if (points.Count == 0) continue;
            yield return new XElement(Svg + "polyline", new XAttribute("fill", "none"), new XAttribute("stroke", colour),
                new XAttribute("stroke-width", 1.5),
                new XAttribute("points", string.Join(' ', points.Select(p => $"{Number(X(p.Size))},{Number(Y(p.Runs.Median))}"))));
            foreach (var (size, runs) in points)
            {
                yield return Line(X(size), Y(runs.Min), X(size), Y(runs.Max), colour, 1);
                yield return new XElement(Svg + "circle", new XAttribute("cx", Number(X(size))),
                    new XAttribute("cy", Number(Y(runs.Median))), new XAttribute("r", 2.5), new XAttribute("fill", colour));
            }
        }
    }

    /// <summary>The next of 1, 2 and 5 times a power of ten.</summary>
    private static double Ceiling(double value)
    {
        if (value <= 0) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * (value <= power ? 1 : value <= 2 * power ? 2 : value <= 5 * power ? 5 : 10);
    }

    private static XElement Text(double x, double y, string anchor, string text, string colour)
        => new(Svg + "text", new XAttribute("x", Number(x)), new XAttribute("y", Number(y)), new XAttribute("text-anchor", anchor),
            new XAttribute("fill", colour), text);

    private static XElement Line(double x1, double y1, double x2, double y2, string colour, double width)
        => new(Svg + "line", new XAttribute("x1", Number(x1)), new XAttribute("y1", Number(y1)), new XAttribute("x2", Number(x2)),
            new XAttribute("y2", Number(y2)), new XAttribute("stroke", colour), new XAttribute("stroke-width", width));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
