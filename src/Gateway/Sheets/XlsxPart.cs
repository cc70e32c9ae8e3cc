using System.Text;
using System.Xml;
using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// One part of an XLSX file, read node by node. Whatever it holds costs no more than <see cref="MostAtOnce"/> at once: it has no document
/// type and so no entities, nothing that it names is fetched, and depth, names, attributes, texts and comments are bounded.
/// </summary>
internal sealed class XlsxPart : IDisposable
{
    /// <summary>Most octets of one node: a text, or an element with its attributes.</summary>
    public const int MostAtOnce = 4 << 20;

    private const int Deepest = 32;
    private readonly BoundedStream _stream;
    private readonly XmlReader _xml;

    /// <summary>Begins to read.</summary>
    public XlsxPart(BoundedStream stream)
    {
        _stream = stream;
        _xml = XmlReader.Create(stream,
            new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                NameTable = new BoundedNames(),
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
            });
    }

    /// <summary>What the node is.</summary>
    public XmlNodeType Type => _xml.NodeType;

    /// <summary>Name of an element, whatever its namespace: those of ECMA-376's two editions differ in nothing else.</summary>
    public string Name => _xml.LocalName;

    /// <summary>True for an element without content, which has no end.</summary>
    public bool IsEmpty => _xml.IsEmptyElement;

    /// <summary>The text of a text node.</summary>
    public string Text => _xml.Value;

    /// <summary>True for a node that is text.</summary>
    public bool IsText => _xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace
        or XmlNodeType.SignificantWhitespace;

    /// <summary>Goes to the next node; false at the end.</summary>
    /// <exception cref="SheetException">A bound is hit.</exception>
    public bool Read()
    {
        _stream.Begin();
        if (!_xml.Read()) return false;
        if (_xml.Depth > Deepest) throw new SheetException($"a part of the XLSX file is nested more than {Deepest} levels deep");
        return true;
    }

    /// <summary>An attribute of the element, by its name alone; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            if (_xml.GetAttribute(name) is { } plain) return plain;
            for (var i = 0; i < _xml.AttributeCount; i++)
            {
                _xml.MoveToAttribute(i);
                var (found, value) = (_xml.LocalName == name && _xml.Prefix is not ("" or "xmlns"), _xml.Value);
                _xml.MoveToElement();
                if (found) return value;
            }

            return null;
        }
    }

    /// <summary>
    /// The text of a string item (`si`, `is`), its runs together, without what is read aloud (`rPh`); the reader is at the item's element,
    /// and then at its end.
    /// </summary>
    /// <param name="most">Most characters.</param>
    /// <exception cref="SheetException">It has more.</exception>
    public string ReadItem(int most)
    {
        if (IsEmpty) return "";
        var (item, depth) = (Name, _xml.Depth);
        var text = new StringBuilder();
        var (isText, isAloud) = (false, false);
        while (Read())
        {
            switch (Type)
            {
                case XmlNodeType.Element when Name == "t": isText = !IsEmpty; break;
                case XmlNodeType.Element when Name == "rPh": isAloud = !IsEmpty; break;
                case XmlNodeType.EndElement when Name == "t": isText = false; break;
                case XmlNodeType.EndElement when Name == "rPh": isAloud = false; break;
                case XmlNodeType.EndElement when Name == item && _xml.Depth == depth: return XlsxText.Decode(text.ToString());
                default:
                    if (!isText || isAloud || !IsText) break;
                    text.Append(Text);
                    if (text.Length > most) throw new SheetException($"the XLSX file holds a text of more than {most} characters");
                    break;
            }
        }

        return XlsxText.Decode(text.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _xml.Dispose();
        _stream.Dispose();
    }
}
