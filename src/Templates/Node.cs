using System.Text;

namespace Anvil.Templates;

/// <summary>A node of a parsed template: where it stands, and what errors show of it.</summary>
internal abstract record Node(Place Place)
{
    /// <summary>Most of a node that an error shows, in characters.</summary>
    protected const int Shown = 200;

    public string Source
    {
        get
        {
            var text = new StringBuilder();
            Show(text);
            return text.Length <= Shown ? text.ToString() : text.ToString(0, Shown) + "...";
        }
    }

    /// <summary>Appends the node as it was written; what is beyond the bound is left out, so that this neither grows nor goes
    /// deep.</summary>
    protected virtual void Show(StringBuilder text)
    {
    }

    protected static void Show(StringBuilder text, IReadOnlyList<Node> nodes, string between)
    {
        for (var i = 0; i < nodes.Count && text.Length <= Shown; i++)
        {
            if (i > 0) text.Append(between);
            if (nodes[i] is PipeNode) text.Append('(');
            nodes[i].Show(text);
            if (nodes[i] is PipeNode) text.Append(')');
        }
    }

    protected static void Clip(StringBuilder text, string part) => text.Append(part, 0, Math.Min(part.Length, Shown + 1));

    protected static void ShowNames(StringBuilder text, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count && text.Length <= Shown; i++) Clip(text.Append('.'), names[i]);
    }
}

internal sealed record TextNode(Place Place, string Text) : Node(Place);

internal sealed record ActionNode(Place Place, PipeNode Pipe) : Node(Place);

/// <summary>A condition of an `if` or `with` and what is done under it; those of `else if` follow one another.</summary>
internal sealed record Branch(PipeNode Pipe, IReadOnlyList<Node> Body);

internal sealed record IfNode(Place Place, IReadOnlyList<Branch> Branches, IReadOnlyList<Node> Else) : Node(Place);

internal sealed record WithNode(Place Place, IReadOnlyList<Branch> Branches, IReadOnlyList<Node> Else) : Node(Place);

internal sealed record RangeNode(Place Place, PipeNode Pipe, IReadOnlyList<Node> Body, IReadOnlyList<Node> Else) : Node(Place);

internal sealed record BreakNode(Place Place) : Node(Place);

internal sealed record ContinueNode(Place Place) : Node(Place);

internal sealed record CallNode(Place Place, string Name, PipeNode? Pipe) : Node(Place)
{
    protected override void Show(StringBuilder text)
    {
        Clip(text.Append("{{template \""), Name);
        text.Append('"');
        if (Pipe is not null) Show(text.Append(' '), Pipe.Commands, " | ");
        text.Append("}}");
    }
}

internal sealed record PipeNode(Place Place, IReadOnlyList<string> Variables, bool Assign, IReadOnlyList<CommandNode> Commands)
    : Node(Place)
{
    protected override void Show(StringBuilder text) => Show(text, Commands, " | ");
}

internal sealed record CommandNode(Place Place, IReadOnlyList<Node> Operands) : Node(Place)
{
    protected override void Show(StringBuilder text) => Show(text, Operands, " ");
}

internal sealed record DotNode(Place Place) : Node(Place)
{
    protected override void Show(StringBuilder text) => text.Append('.');
}

internal sealed record NilNode(Place Place) : Node(Place)
{
    protected override void Show(StringBuilder text) => text.Append("nil");
}

internal sealed record ConstantNode(Place Place, object Value) : Node(Place)
{
    protected override void Show(StringBuilder text)
    {
        if (Value is string s)
        {
            Clip(text, GoQuote.Text(s.Length > Shown ? s[..Shown] : s));
        }
        else
        {
            text.Append(Values.Text(Value));
        }
    }
}

internal sealed record FunctionNode(Place Place, string Name) : Node(Place)
{
    protected override void Show(StringBuilder text) => text.Append(Name);
}

internal sealed record FieldNode(Place Place, IReadOnlyList<string> Names) : Node(Place)
{
    protected override void Show(StringBuilder text) => ShowNames(text, Names);
}

internal sealed record VariableNode(Place Place, string Name, IReadOnlyList<string> Names) : Node(Place)
{
    protected override void Show(StringBuilder text)
    {
        Clip(text, Name);
        ShowNames(text, Names);
    }
}

internal sealed record ChainNode(Place Place, Node Head, IReadOnlyList<string> Names) : Node(Place)
{
    protected override void Show(StringBuilder text)
    {
        Show(text.Append('('), [Head], "");
        text.Append(')');
        ShowNames(text, Names);
    }
}
