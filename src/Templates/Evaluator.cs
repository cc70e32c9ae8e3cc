using System.Text;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// Executes parsed templates, with text/template's semantics and missingkey=error. One for a render; those within it share its budget.
/// </summary>
/// <param name="templates">Those that can be called.</param>
/// <param name="budget">What it may take.</param>
/// <param name="own">What the text defines that is executed, before those; null: nothing.</param>
internal sealed class Evaluator(IReadOnlyDictionary<string, IReadOnlyList<Node>> templates, RenderBudget budget,
    IReadOnlyDictionary<string, IReadOnlyList<Node>>? own = null)
{
    /// <summary>What evaluating a node takes beside its value: arguments, a scope, a number's box.</summary>
    private const int OctetsOfNode = 48;

    private readonly StringBuilder _output = new();
    private string _name = "";
    private Node? _at;

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public string Run(string name, object? data)
    {
        var place = budget.Place();
        try
        {
            _name = name;
            // A request may render many, each of which has its own output and tables.
            budget.Step();
            budget.Allocate(1024);
            Call(name, Values.From(data, budget), null);
            return GoText.Shown(_output.ToString());
        }
        catch (TemplateFault e)
        {
            throw _at is null
                ? new TemplateException(name, 0, e.Message, $"template: {name}: {e.Message}", 0, e.Spent)
                : Fault(_at, e.Message, e.Spent);
        }
        finally
        {
            budget.GoBack(place);
        }
    }

    private void Call(string name, object? dot, Node? caller)
    {
        if ((own?.GetValueOrDefault(name) ?? templates.GetValueOrDefault(name)) is not { } body)
        {
            throw caller is null
                ? new TemplateException(name, 0, "no such template", $"template: \"{name}\" is not defined")
                : Fault(caller, $"template \"{name}\" not defined");
        }

        budget.Call();
        var outer = _name;
        _name = name;
        Walk(body, new Scope(null, dot, "$", dot));
        _name = outer;
        budget.Return();
    }

    private Flow Walk(IReadOnlyList<Node> nodes, Scope scope)
    {
        budget.Enter();
        var flow = Flow.Next;
        for (var i = 0; i < nodes.Count && flow == Flow.Next; i++)
        {
            var node = nodes[i];
            Step(node);
            switch (node)
            {
                case TextNode text:
                    Write(text.Text);
                    break;
                case ActionNode action:
                    var value = Pipe(action.Pipe, ref scope);
                    if (action.Pipe.Variables.Count == 0) Write(value is string s ? s : ValuePrinter.Shown(value, budget));
                    break;
                case IfNode choice:
                    flow = If(choice, scope);
                    break;
                case WithNode with:
                    flow = With(with, scope);
                    break;
                case RangeNode range:
                    flow = Range(range, scope);
                    break;
                case CallNode call:
                    var callScope = scope;
                    var dot = call.Pipe is null ? null : Pipe(call.Pipe, ref callScope);
                    _at = call;
                    Call(call.Name, dot, call);
                    break;
                case BreakNode:
                    flow = Flow.Break;
                    break;
                case ContinueNode:
                    flow = Flow.Continue;
                    break;
            }
        }

        budget.Leave();
        return flow;
    }

    private Flow If(IfNode choice, Scope scope)
    {
        foreach (var branch in choice.Branches)
        {
            Step(branch.Pipe);
            if (Values.Truth(Pipe(branch.Pipe, ref scope))) return Walk(branch.Body, scope);
        }

        return Walk(choice.Else, scope);
    }

    private Flow With(WithNode with, Scope scope)
    {
        foreach (var branch in with.Branches)
        {
            Step(branch.Pipe);
            var subject = Pipe(branch.Pipe, ref scope);
            if (Values.Truth(subject)) return Walk(branch.Body, scope.WithDot(subject));
        }

        return Walk(with.Else, scope);
    }

    private Flow Range(RangeNode range, Scope scope)
    {
        // Its variables have the pipeline's value until there are items, and where there are none: in the else branch, too.
        var value = Pipe(range.Pipe, ref scope);
        IEnumerable<(object? Key, object? Item)> items = value switch
        {
            null => [],
            IReadOnlyList<object?> list => list.Select((item, i) => ((object?)(long)i, item)),
            IReadOnlyDictionary<string, object?> map => budget.Sorted(map).Select(p => ((object?)p.Key, p.Value)),
            long or Whole => LongRange(Values.ToLong(value)),
            _ => throw Fault(range.Pipe, $"range can't iterate over {ValuePrinter.Print(value, budget)}"),
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
                    scope.Assign(names[0], first, budget);
                    if (names.Count == 2) scope.Assign(names[1], item, budget);
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
        budget.Enter();
        object? value = null;
        for (var i = 0; i < pipe.Commands.Count; i++) value = Command(pipe.Commands[i], scope, i > 0, value);
        for (var i = 0; i < pipe.Variables.Count; i++)
        {
            if (pipe.Assign) scope.Assign(pipe.Variables[i], value, budget);
            else scope = scope.Declare(pipe.Variables[i], value);
        }

        budget.Leave();
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
                return Members(variable, scope.Lookup(variable.Name, budget), variable.Names, Arguments(command, scope, piped, final));
            case ChainNode chain:
                return Members(chain, Operand(chain.Head, scope), chain.Names, Arguments(command, scope, piped, final));
        }

        if (command.Operands.Count > 1 || piped) throw Fault(head, "can't give argument to non-function " + head.Source);
        if (head is NilNode) throw Fault(head, "nil is not a command");
        return Operand(head, scope);
    }

    private List<object?> Arguments(CommandNode command, Scope scope, bool piped, object? final)
    {
        budget.Allocate(64 + (8L * command.Operands.Count));
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
            case VariableNode variable: return Members(variable, scope.Lookup(variable.Name, budget), variable.Names, []);
            case ChainNode chain: return Members(chain, Operand(chain.Head, scope), chain.Names, []);
            case FunctionNode function: return Function(new CommandNode(function.Place, [function]), function, scope, false, null);
            case PipeNode pipe:
                var inner = scope;
                return Pipe(pipe, ref inner);
            default: throw Fault(node, "unexpected operand");
        }
    }

    private object? Members(Node at, object? value, IReadOnlyList<string> names, IReadOnlyList<object?> arguments)
    {
        for (var i = 0; i < names.Count; i++)
        {
            Step(at);
            value = Member(at, value, names[i], i == names.Count - 1 ? arguments : []);
        }

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
                    if (arguments.Count > 0) Templates.Function.Charge(arguments, budget);
                    if (owner.TryGet(name, arguments, budget, out var value)) return Values.From(value, budget);
                }
                catch (TemplateFault e)
                {
                    throw Fault(at, $"error calling {name}: {e.Message}", e.Spent);
                }
                catch (RegexMatchTimeoutException e)
                {
                    throw Fault(at, $"error calling {name}: {e.Message}", TemplateBound.Time);
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

        var called = Functions.Find(function.Name);
        try
        {
            called.Count(command.Operands.Count - 1 + (piped ? 1 : 0));
        }
        catch (TemplateFault e)
        {
            throw Fault(function, e.Message);
        }

        var arguments = Bound(called, command, scope, piped, final);
        Step(function);
        try
        {
            return called.Call(arguments, budget);
        }
        catch (TemplateFault e)
        {
            throw Fault(command, $"error calling {function.Name}: {e.Message}", e.Spent);
        }
        catch (RegexMatchTimeoutException e)
        {
            // To everybody above a timeout is that of something that is away.
            throw Fault(command, $"error calling {function.Name}: {e.Message}", TemplateBound.Time);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidOperationException
            or NotSupportedException)
        {
            throw Fault(command, $"error calling {function.Name}: {e.Message}");
        }
    }

    /// <summary>A function's arguments, each of the type that it wants.</summary>
    private List<object?> Bound(Function function, CommandNode command, Scope scope, bool piped, object? final)
    {
        budget.Allocate(64 + (8L * command.Operands.Count));
        var arguments = new List<object?>(command.Operands.Count);
        for (var i = 1; i < command.Operands.Count; i++)
        {
            var operand = command.Operands[i];
            arguments.Add(Bound(function.TypeAt(i - 1), Operand(operand, scope), operand, operand));
        }

        if (piped) arguments.Add(Bound(function.TypeAt(arguments.Count), final, command, null));
        return arguments;
    }

    private object? Bound(ParameterType type, object? value, Node at, Node? constant)
    {
        try
        {
            return Binding.Bind(type, value, constant);
        }
        catch (TemplateFault e)
        {
            throw Fault(at, e.Message);
        }
    }

    private void Write(string text)
    {
        budget.Write(text.Length);
        _output.Append(text);
    }

    private void Step(Node node)
    {
        _at = node;
        budget.Step();
        budget.Allocate(OctetsOfNode);
    }

    private TemplateException Fault(Node node, string cause, TemplateBound? spent = null)
        => TemplateException.Execute(_name, node.Place.Line, node.Place.Column, node.Source, cause, spent);

    /// <summary>Dot and the variables in sight, newest first.</summary>
    private sealed class Scope(Scope? outer, object? dot, string name, object? value)
    {
        /// <summary>Scopes passed in looking for a variable that count as one step.</summary>
        private const int ScopesPerStep = 16;

        private object? _value = value;

        public object? Dot { get; } = dot;

        public Scope Declare(string variable, object? content) => new(this, Dot, variable, content);

        public Scope WithDot(object? subject) => new(this, subject, "", null);

        public object? Lookup(string variable, RenderBudget budget) => Find(variable, budget)._value;

        public void Assign(string variable, object? content, RenderBudget budget) => Find(variable, budget)._value = content;

        private Scope Find(string variable, RenderBudget budget)
        {
            var passed = 0;
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.Name == variable) return scope;
                if (++passed % ScopesPerStep == 0) budget.Step();
            }

            throw new TemplateFault($"undefined variable: {variable}");
        }

        private Scope? Outer { get; } = outer;

        private string Name { get; } = name;
    }
}
