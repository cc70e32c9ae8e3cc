namespace Anvil.Templates;

/// <summary>A node of a parsed template. <see cref="Node.Line"/> is 1-based; <see cref="Node.Source"/> is what errors show.</summary>
internal abstract record Node(int Line)
{
    public virtual string Source => "";
}

internal sealed record TextNode(int Line, string Text) : Node(Line);

internal sealed record ActionNode(int Line, PipeNode Pipe) : Node(Line);

internal sealed record IfNode(int Line, PipeNode Pipe, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record WithNode(int Line, PipeNode Pipe, IReadOnlyList<Node> Then, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record RangeNode(int Line, PipeNode Pipe, IReadOnlyList<Node> Body, IReadOnlyList<Node> Else) : Node(Line);

internal sealed record BreakNode(int Line) : Node(Line);

internal sealed record ContinueNode(int Line) : Node(Line);

internal sealed record CallNode(int Line, string Name, PipeNode? Pipe) : Node(Line);

internal sealed record PipeNode(int Line, IReadOnlyList<string> Variables, bool Assign, IReadOnlyList<CommandNode> Commands) : Node(Line)
{
    public override string Source => string.Join(" | ", Commands.Select(c => c.Source));
}

internal sealed record CommandNode(int Line, IReadOnlyList<Node> Operands) : Node(Line)
{
    public override string Source => string.Join(' ', Operands.Select(o => o is PipeNode ? $"({o.Source})" : o.Source));
}

internal sealed record DotNode(int Line) : Node(Line)
{
    public override string Source => ".";
}

internal sealed record NilNode(int Line) : Node(Line)
{
    public override string Source => "nil";
}

internal sealed record ConstantNode(int Line, object Value) : Node(Line)
{
    public override string Source => Value is string s ? $"\"{s}\"" : Values.Text(Value);
}

internal sealed record FunctionNode(int Line, string Name) : Node(Line)
{
    public override string Source => Name;
}

internal sealed record FieldNode(int Line, IReadOnlyList<string> Names) : Node(Line)
{
    public override string Source => "." + string.Join('.', Names);
}

internal sealed record VariableNode(int Line, string Name, IReadOnlyList<string> Names) : Node(Line)
{
    public override string Source => string.Join('.', Names.Prepend(Name));
}

internal sealed record ChainNode(int Line, Node Head, IReadOnlyList<string> Names) : Node(Line)
{
    public override string Source => $"({Head.Source}).{string.Join('.', Names)}";
}
