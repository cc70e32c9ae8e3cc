using System.IO.Compression;
using System.Xml;
using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// The parts of an XLSX file (ECMA-376 part 2). Only those that are asked for are unpacked, and nothing outside the file is ever looked
/// at: a part's name is looked up among the file's own, and a relationship that leads out of the file is none.
/// </summary>
internal sealed class XlsxPackage : IDisposable
{
    /// <summary>Most parts; the list of a file of 64 MiB could hold a million, each with an object of its own.</summary>
    public const int MostParts = 4096;

    /// <summary>Most octets that the parts that are read unpack to.</summary>
    public const long MostUnpacked = 512L << 20;

    private const int MostRelations = 4096;
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _parts = new(StringComparer.OrdinalIgnoreCase);
    private readonly BoundedStream.Budget _budget = new(MostUnpacked);

    /// <summary>Reads the list of parts.</summary>
    /// <param name="file">The file; stays open.</param>
    /// <exception cref="SheetException">There are too many.</exception>
    public XlsxPackage(Stream file)
    {
        CountParts(file);
        _archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        foreach (var entry in _archive.Entries)
        {
            if (!_parts.TryAdd(entry.FullName.Replace('\\', '/').TrimStart('/'), entry))
                throw new SheetException("the XLSX file has two parts of one name");
        }
    }

    /// <summary>Opens a part; null when there is none of this name.</summary>
    public XlsxPart? Open(string name) => _parts.TryGetValue(name, out var entry)
        ? new XlsxPart(new BoundedStream(entry.Open(), _budget, XlsxPart.MostAtOnce)) : null;

    /// <summary>The relationships of a part within the file ("" for the whole file's): id, last word of the type, name of the
    /// part.</summary>
    public IReadOnlyList<(string Id, string Type, string Part)> Relations(string of)
    {
        var folder = of[..(of.LastIndexOf('/') + 1)];
        using var part = Open($"{folder}_rels/{of[folder.Length..]}.rels");
        var relations = new List<(string Id, string Type, string Part)>();
        while (part?.Read() == true)
        {
            if (part.Type != XmlNodeType.Element || part.Name != "Relationship") continue;
            if (string.Equals(part["TargetMode"], "External", StringComparison.OrdinalIgnoreCase)) continue;
            if (relations.Count == MostRelations) throw new SheetException("the XLSX file has too many relationships");
            var type = part["Type"] ?? "";
            relations.Add((part["Id"] ?? "", type[(type.LastIndexOf('/') + 1)..], Resolve(folder, part["Target"] ?? "")));
        }

        return relations;
    }

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    /// <summary>A target as the name of a part: from the part's folder, or with a slash from the file's root (RFC 3986 section
    /// 5.2).</summary>
    private static string Resolve(string folder, string target)
    {
        var steps = new List<string>();
        foreach (var step in (target.StartsWith('/') ? target : folder + target).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (step == "..") steps.RemoveRange(Math.Max(0, steps.Count - 1), Math.Min(1, steps.Count));
            else if (step != ".") steps.Add(step);
        }

        return string.Join('/', steps);
    }

    /// <summary>
    /// Counts the entries of the archive's list by the signature that each begins with, before the archive is opened: how many there are,
    /// or how long the list is, an archive only claims.
    /// </summary>
    private static void CountParts(Stream file)
    {
        var signature = "PK\x01\x02"u8;
        var buffer = new byte[1 << 16];
        var (kept, count) = (0, 0);
        file.Position = 0;
        while (file.Read(buffer.AsSpan(kept)) is var read and > 0)
        {
            var rest = buffer.AsSpan(0, kept + read);
            while (rest.IndexOf(signature) is var at and >= 0)
            {
                if (++count > MostParts) throw new SheetException($"the XLSX file has more than {MostParts} parts");
                rest = rest[(at + signature.Length)..];
            }

            kept = Math.Min(rest.Length, signature.Length - 1);
            rest[^kept..].ToArray().CopyTo(buffer, 0);
        }

        file.Position = 0;
    }
}
