using System.Text;

namespace Anvil.Templates;

/// <summary>Executes parsed templates, with text/template's semantics and missingkey=error.</summary>
internal sealed class Evaluator(IReadOnlyDictionary<string, IReadOnlyList<Node>> templates, TemplateLimits limits)
{
    private readonly StringBuilder _output = new();
    private int _steps;
    private int _depth;
    private string _name = "";

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public string Run(string name, object? data)
    {
        Call(name, Values.From(data), null);
        return _output.ToString();
    }

    private void Call(string name, object? dot, Node? caller)
    {
        if (!templates.TryGetValue(name, out var body))
        {
            throw caller is null
                ? new TemplateException(name, 0, "no such template", $"template: \"{name}\" is not defined")
                : Fault(caller, $"template \"{name}\" not defined");
        }

        if (++_depth > limits.Depth)
            throw new TemplateException(name, 0, "too deep", $"template: {name}: exceeded maximum template depth ({limits.Depth})");
        var outer = _name;
        _name = name;
        Walk(body, new Scope(null, dot, "$", dot));
        _name = outer;
        _depth--;
    }

    private Flow Walk(IReadOnlyList<Node> nodes, Scope scope)
    {
        foreach (var node in nodes)
        {
            Step(node);
            switch (node)
            {
                case TextNode text:
                    Write(node, text.Text);
                    break;
                case ActionNode action:
                    var value = Pipe(action.Pipe, ref scope);
                    if (action.Pipe.Variables.Count == 0) Write(node, Values.Text(value));
                    break;
                case IfNode branch:
                    var inner = scope;
                    var flow = Walk(Values.Truth(Pipe(branch.Pipe, ref inner)) ? branch.Then : branch.Else, inner);
                    if (flow != Flow.Next) return flow;
                    break;
                case WithNode with:
                    var withScope = scope;
                    var subject = Pipe(with.Pipe, ref withScope);
                    flow = Values.Truth(subject) ? Walk(with.Then, withScope.WithDot(subject)) : Walk(with.Else, withScope);
                    if (flow != Flow.Next) return flow;
                    break;
                case RangeNode range:
                    flow = Range(range, scope);
                    if (flow != Flow.Next) return flow;
                    break;
                case CallNode call:
                    var callScope = scope;
                    Call(call.Name, call.Pipe is null ? null : Pipe(call.Pipe, ref callScope), call);
                    break;
                case BreakNode: return Flow.Break;
                case ContinueNode: return Flow.Continue;
            }
        }

        return Flow.Next;
    }

    private Flow Range(RangeNode range, Scope scope)
    {
        var pipe = range.Pipe with { Variables = [] };
        var value = Pipe(pipe, ref scope);
        IEnumerable<(object? Key, object? Item)> items = value switch
        {
            null => [],
            IReadOnlyList<object?> list => list.Select((item, i) => ((object?)(long)i, item)),
            IReadOnlyDictionary<string, object?> map =>
                map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => ((object?)p.Key, p.Value)).ToList(),
            long n => LongRange(n),
            _ => throw Fault(range.Pipe, $"range can't iterate over {Values.Text(value)}"),
        };
        var any = false;
        foreach (var (key, item) in items)
        {
            any = true;
            Step(range);
            var inner = scope.WithDot(item);
            var names = range.Pipe.Variables;
            if (names.Count > 0)
            {
                var first = names.Count == 2 ? key : item;
                if (range.Pipe.Assign)
                {
                    scope.Assign(names[0], first);
                    if (names.Count == 2) scope.Assign(names[1], item);
                }
                else
                {
                    inner = inner.Declare(names[0], first);
                    if (names.Count == 2) inner = inner.Declare(names[1], item);
                }
            }

            if (Walk(range.Body, inner) == Flow.Break) break;
        }

        return any ? Flow.Next : Walk(range.Else, scope);
    }

    private static IEnumerable<(object? Key, object? Item)> LongRange(long n)
    {
        for (var i = 0L; i < n; i++) yield return (i, i);
    }

    private object? Pipe(PipeNode pipe, ref Scope scope)
    {
        object? value = null;
        for (var i = 0; i < pipe.Commands.Count; i++) value = Command(pipe.Commands[i], scope, i > 0, value);
        if (pipe.Variables.Count > 0)
        {
            if (pipe.Assign) scope.Assign(pipe.Variables[0], value);
            else scope = scope.Declare(pipe.Variables[0], value);
        }

        return value;
    }

    private object? Command(CommandNode command, Scope scope, bool piped, object? final)
    {
        Step(command);
        var head = command.Operands[0];
        switch (head)
        {
            case FunctionNode function: return Function(command, function, scope, piped, final);
            case FieldNode field: return Members(field, scope.Dot, field.Names, Arguments(command, scope, piped, final));
            case VariableNode variable when variable.Names.Count > 0:
                return Members(variable, scope.Lookup(variable.Name), variable.Names, Arguments(command, scope, piped, final));
            case ChainNode chain:
                return Members(chain, Operand(chain.Head, scope), chain.Names, Arguments(command, scope, piped, final));
        }

        if (command.Operands.Count > 1 || piped) throw Fault(head, "can't give argument to non-function " + head.Source);
        if (head is NilNode) throw Fault(head, "nil is not a command");
        return Operand(head, scope);
    }

    private List<object?> Arguments(CommandNode command, Scope scope, bool piped, object? final)
    {
        var arguments = new List<object?>(command.Operands.Count);
        for (var i = 1; i < command.Operands.Count; i++) arguments.Add(Operand(command.Operands[i], scope));
        if (piped) arguments.Add(final);
        return arguments;
    }

    private object? Operand(Node node, Scope scope)
    {
        switch (node)
        {
            case DotNode: return scope.Dot;
            case NilNode: return null;
            case ConstantNode constant: return constant.Value;
            case FieldNode field: return Members(field, scope.Dot, field.Names, []);
            case VariableNode variable: return Members(variable, scope.Lookup(variable.Name), variable.Names, []);
            case ChainNode chain: return Members(chain, Operand(chain.Head, scope), chain.Names, []);
            case FunctionNode function: return Function(new CommandNode(function.Line, [function]), function, scope, false, null);
            case PipeNode pipe:
                var inner = scope;
                return Pipe(pipe, ref inner);
            default: throw Fault(node, "unexpected operand");
        }
    }

    private object? Members(Node at, object? value, IReadOnlyList<string> names, IReadOnlyList<object?> arguments)
    {
        for (var i = 0; i < names.Count; i++) value = Member(at, value, names[i], i == names.Count - 1 ? arguments : []);
        return value;
    }

    private object? Member(Node at, object? target, string name, IReadOnlyList<object?> arguments)
    {
        switch (target)
        {
            case null: throw Fault(at, $"nil data; no entry for key \"{name}\"");
            case ITemplateObject owner:
                try
                {
                    if (owner.TryGet(name, arguments, out var value)) return Values.From(value);
                }
                catch (TemplateFault e)
                {
                    throw Fault(at, $"error calling {name}: {e.Message}");
                }

                throw Fault(at, $"can't evaluate field {name} in type {owner.GetType().Name}");
            case IReadOnlyDictionary<string, object?> map:
                if (arguments.Count > 0) throw Fault(at, $"{name} is not a method but has arguments");
                return map.TryGetValue(name, out var entry) ? entry : throw Fault(at, $"map has no entry for key \"{name}\"");
            default: throw Fault(at, $"can't evaluate field {name} in type {Values.Kind(target)}");
        }
    }

    private object? Function(CommandNode command, FunctionNode function, Scope scope, bool piped, object? final)
    {
        if (function.Name is "and" or "or")
        {
            var count = command.Operands.Count - 1 + (piped ? 1 : 0);
            if (count == 0) throw Fault(function, $"wrong number of args for {function.Name}: want at least 1 got 0");
            object? value = null;
            for (var i = 1; i <= count; i++)
            {
                value = i < command.Operands.Count ? Operand(command.Operands[i], scope) : final;
                if (Values.Truth(value) == (function.Name == "or")) return value;
            }

            return value;
        }

        var arguments = Arguments(command, scope, piped, final);
        try
        {
            return Values.From(Functions.Call(function.Name, arguments));
        }
        catch (TemplateFault e)
        {
            throw Fault(function,
                e.Message.StartsWith("wrong number", StringComparison.Ordinal)
                    ? e.Message : $"error calling {function.Name}: {e.Message}");
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidOperationException
            or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw Fault(function, $"error calling {function.Name}: {e.Message}");
        }
    }

    private void Write(Node node, string text)
    {
        if (_output.Length + text.Length > limits.OutputCharacters)
            throw Fault(node, $"output is over {limits.OutputCharacters} characters");
        _output.Append(text);
    }

    private void Step(Node node)
    {
        if (++_steps > limits.Steps) throw Fault(node, $"more than {limits.Steps} steps");
    }

    private TemplateException Fault(Node node, string cause) => TemplateException.Execute(_name, node.Line, node.Source, cause);

    /// <summary>Dot and the variables in sight, newest first.</summary>
    private sealed class Scope(Scope? outer, object? dot, string name, object? value)
    {
        private object? _value = value;

        public object? Dot { get; } = dot;

        public Scope Declare(string variable, object? content) => new(this, Dot, variable, content);

        public Scope WithDot(object? subject) => new(this, subject, "", null);

        public object? Lookup(string variable) => Find(variable)._value;

        public void Assign(string variable, object? content) => Find(variable)._value = content;

        private Scope Find(string variable)
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.Name == variable) return scope;
            }

            throw new TemplateFault($"undefined variable: {variable}");
        }

        private Scope? Outer { get; } = outer;

        private string Name { get; } = name;
    }
}
