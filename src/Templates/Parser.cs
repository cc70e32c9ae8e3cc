namespace Anvil.Templates;

/// <summary>Recursive-descent parser of text/template's grammar; collects `define` and `block` bodies beside the main body.</summary>
internal sealed class Parser
{
    private const int MaxDepth = TemplateLimits.ParseDepth;
    private readonly string _name;
    private readonly List<Token> _tokens;
    private readonly Func<string, bool> _hasFunction;
    private readonly Dictionary<string, IReadOnlyList<Node>> _definitions = new(StringComparer.Ordinal);
    private ParserVariables _variables = new();
    private int _at;
    private int _depth;
    private int _loops;

    public Parser(string name, string source, Func<string, bool> hasFunction, RenderBudget budget)
    {
        _name = name;
        _hasFunction = hasFunction;
        _tokens = new Lexer(name, source, budget).Run();
    }

    private enum Ending
    {
        EndOfText,
        End,
        Else,
        ElseIf,
        ElseWith,
    }

    public IReadOnlyDictionary<string, IReadOnlyList<Node>> Parse()
    {
        var (body, ending, at) = ParseList(isTop: true);
        if (ending != Ending.EndOfText) throw Error(at, ending == Ending.End ? "unexpected {{end}}" : "unexpected {{else}}");
        Define(_name, body, new Place(1, 0));
        return _definitions;
    }

    private static bool IsBlank(IReadOnlyList<Node> body) => body.All(n => n is TextNode text && string.IsNullOrWhiteSpace(text.Text));

    /// <summary>Adds a body. One of nothing but blanks takes no other's place, and any other takes its.</summary>
    private void Define(string name, IReadOnlyList<Node> body, Place at)
    {
        if (_definitions.TryAdd(name, body) || IsBlank(body)) return;
        if (!IsBlank(_definitions[name])) throw Error(at, $"multiple definition of template {GoQuote.Text(name)}");
        _definitions[name] = body;
    }

    private (IReadOnlyList<Node> Body, Ending Ending, Place At) ParseList(bool isTop = false)
    {
        Enter("actions");
        var nodes = new List<Node>();
        try
        {
            while (true)
            {
                var token = Current;
                _at++;
                if (token.Kind == TokenKind.End) return (nodes, Ending.EndOfText, token.Place);
                if (token.Kind == TokenKind.Text)
                {
                    nodes.Add(new TextNode(token.Place, token.Text));
                    continue;
                }

                SkipSpace();
                if (Current.Kind == TokenKind.Identifier)
                {
                    switch (Current.Text)
                    {
                        case "end":
                            _at++;
                            Close("end");
                            return (nodes, Ending.End, token.Place);
                        case "else":
                            return (nodes, ParseElse(), token.Place);
                    }
                }

                if (ParseAction(isTop) is { } node) nodes.Add(node);
            }
        }
        finally
        {
            _depth--;
        }
    }

    private Ending ParseElse()
    {
        _at++;
        SkipSpace();
        if (Current is { Kind: TokenKind.Identifier, Text: "if" }) return Ending.ElseIf;
        if (Current is { Kind: TokenKind.Identifier, Text: "with" }) return Ending.ElseWith;
        Close("else");
        return Ending.Else;
    }

    private Node? ParseAction(bool isTop)
    {
        var at = Current.Place;
        if (Current.Kind == TokenKind.Identifier)
        {
            switch (Current.Text)
            {
                case "if":
                    _at++;
                    return ParseBranch(at, "if");
                case "with":
                    _at++;
                    return ParseBranch(at, "with");
                case "range":
                    _at++;
                    return ParseBranch(at, "range");
                case "define":
                    if (!isTop) throw Error(at, "unexpected {{define}}: it stands within nothing else");
                    _at++;
                    ParseDefine(at);
                    return null;
                case "block":
                    _at++;
                    return ParseBlock(at);
                case "template":
                    _at++;
                    return ParseTemplate(at);
                case "break":
                case "continue":
                    var word = Current.Text;
                    _at++;
                    Close(word);
                    if (_loops == 0) throw Error(at, $"{{{{{word}}}}} outside {{{{range}}}}");
                    return word == "break" ? new BreakNode(at) : new ContinueNode(at);
            }
        }

        var pipe = ParsePipe("command", TokenKind.RightDelimiter);
        return new ActionNode(at, pipe);
    }

    private Node ParseBranch(Place at, string keyword)
    {
        var outer = _variables.Count;
        var pipe = ParsePipe(keyword, TokenKind.RightDelimiter);
        if (keyword == "range") _loops++;
        var (body, ending, place) = ParseList();
        if (keyword == "range") _loops--;
        var branches = new List<Branch> { new(pipe, body) };
        while (ending == (keyword == "if" ? Ending.ElseIf : Ending.ElseWith) && keyword != "range")
        {
            _at++;
            pipe = ParsePipe(keyword, TokenKind.RightDelimiter);
            (body, ending, place) = ParseList();
            branches.Add(new Branch(pipe, body));
        }

        IReadOnlyList<Node> otherwise = [];
        switch (ending)
        {
            case Ending.EndOfText:
                throw Error(at, $"unclosed {{{{{keyword}}}}}: unexpected EOF");
            case Ending.ElseIf or Ending.ElseWith:
                throw Error(at, $"unexpected {{{{else {(ending == Ending.ElseIf ? "if" : "with")}}}}} in {keyword}");
            case Ending.Else:
                (otherwise, ending, place) = ParseList();
                if (ending == Ending.EndOfText) throw Error(at, $"unclosed {{{{{keyword}}}}}: unexpected EOF");
                if (ending != Ending.End) throw Error(place, "expected end; found {{else}}");
                break;
        }

        _variables.DropTo(outer);
        return keyword switch
        {
            "if" => new IfNode(at, branches, otherwise),
            "with" => new WithNode(at, branches, otherwise),
            _ => new RangeNode(at, branches[0].Pipe, branches[0].Body, otherwise),
        };
    }

    private void ParseDefine(Place at)
    {
        var name = ParseTemplateName("define clause");
        SkipSpace();
        Close("define clause");
        Define(name, ParseIsolatedBody(at, "define"), at);
    }

    private CallNode ParseBlock(Place at)
    {
        var name = ParseTemplateName("block clause");
        var pipe = ParsePipe("block clause", TokenKind.RightDelimiter);
        Define(name, ParseIsolatedBody(at, "block"), at);
        return new CallNode(at, name, pipe);
    }

    private IReadOnlyList<Node> ParseIsolatedBody(Place at, string keyword)
    {
        var saved = _variables;
        var loops = _loops;
        _variables = new ParserVariables();
        _loops = 0;
        var (body, ending, _) = ParseList();
        if (ending != Ending.End) throw Error(at, $"unclosed {{{{{keyword}}}}}: unexpected EOF");
        _variables = saved;
        _loops = loops;
        return body;
    }

    private CallNode ParseTemplate(Place at)
    {
        var name = ParseTemplateName("template clause");
        SkipSpace();
        if (Current.Kind == TokenKind.RightDelimiter)
        {
            _at++;
            return new CallNode(at, name, null);
        }

        return new CallNode(at, name, ParsePipe("template clause", TokenKind.RightDelimiter));
    }

    private string ParseTemplateName(string context)
    {
        SkipSpace();
        if (Current.Kind != TokenKind.StringLiteral) throw Unexpected(context);
        return _tokens[_at++].Text;
    }

    private PipeNode ParsePipe(string context, TokenKind closing)
    {
        Enter("parentheses");
        SkipSpace();
        var at = Current.Place;
        var (variables, assign) = ParseDeclarations(context);
        var commands = new List<CommandNode>();
        while (true)
        {
            SkipSpace();
            if (Current.Kind == closing)
            {
                _at++;
                break;
            }

            if (Current.Kind is TokenKind.End or TokenKind.RightDelimiter or TokenKind.RightParen)
                throw Current.Kind == TokenKind.RightParen
                    ? Error(Current.Place, "unexpected right paren") : closing == TokenKind.RightParen
                    ? Error(Current.Place, "unclosed left paren") : Unexpected(context);
            commands.Add(ParseCommand(context));
            if (Current.Kind == TokenKind.Pipe)
            {
                _at++;
                SkipSpace();
                if (Current.Kind == closing) throw Error(Current.Place, $"missing value for {context}");
            }
        }

        if (commands.Count == 0) throw Error(at, $"missing value for {context}");
        foreach (var later in commands.Skip(1))
        {
            if (later.Operands[0] is ConstantNode or DotNode or NilNode)
                throw Error(later.Place, $"non executable command in pipeline stage: {later.Source}");
        }

        _depth--;
        return new PipeNode(at, variables, assign, commands);
    }

    private (IReadOnlyList<string> Variables, bool Assign) ParseDeclarations(string context)
    {
        if (Current.Kind != TokenKind.Variable) return ([], false);
        var start = _at;
        var names = new List<string> { _tokens[_at++].Text };
        SkipSpace();
        if (Current.Kind == TokenKind.Comma && context == "range")
        {
            _at++;
            SkipSpace();
            if (Current.Kind != TokenKind.Variable) throw Unexpected(context);
            names.Add(_tokens[_at++].Text);
            SkipSpace();
        }

        if (Current.Kind is not (TokenKind.Declare or TokenKind.Assign))
        {
            if (names.Count > 1) throw Unexpected(context);
            _at = start;
            return ([], false);
        }

        var assign = _tokens[_at++].Kind == TokenKind.Assign;
        foreach (var name in names)
        {
            if (assign && !_variables.Contains(name)) throw Error(Current.Place, $"undefined variable \"{name}\"");
            if (!assign) _variables.Push(name);
        }

        return (names, assign);
    }

    private CommandNode ParseCommand(string context)
    {
        var at = Current.Place;
        var operands = new List<Node>();
        while (true)
        {
            SkipSpace();
            if (Current.Kind is TokenKind.Pipe or TokenKind.RightDelimiter or TokenKind.RightParen or TokenKind.End) break;
            operands.Add(ParseOperand(context));
            if (Current.Kind is TokenKind.Space or TokenKind.Pipe or TokenKind.RightDelimiter or TokenKind.RightParen) continue;
            throw Current.Kind == TokenKind.End ? Error(Current.Place, "unclosed action") : Unexpected("operand");
        }

        if (operands.Count == 0) throw Error(at, "empty command");
        return new CommandNode(at, operands);
    }

    private Node ParseOperand(string context)
    {
        var token = _tokens[_at++];
        Node node;
        switch (token.Kind)
        {
            case TokenKind.Identifier:
                if (!_hasFunction(token.Text)) throw Error(token.Place, $"function \"{token.Text}\" not defined");
                node = new FunctionNode(token.Place, token.Text);
                break;
            case TokenKind.Dot: node = new DotNode(token.Place); break;
            case TokenKind.Nil: node = new NilNode(token.Place); break;
            case TokenKind.Bool: node = new ConstantNode(token.Place, token.Text == "true"); break;
            case TokenKind.StringLiteral: node = new ConstantNode(token.Place, token.Text); break;
            case TokenKind.Character:
                if (token.Text.EnumerateRunes().Count() != 1) throw Error(token.Place, $"malformed character constant: '{token.Text}'");
                node = new ConstantNode(token.Place, (long)token.Text.EnumerateRunes().First().Value);
                break;
            case TokenKind.Number: node = new ConstantNode(token.Place, ParseNumber(token)); break;
            case TokenKind.Field: return new FieldNode(token.Place, [token.Text, .. Fields()]);
            case TokenKind.Variable:
                if (!_variables.Contains(token.Text)) throw Error(token.Place, $"undefined variable \"{token.Text}\"");
                return new VariableNode(token.Place, token.Text, Fields());
            case TokenKind.LeftParen:
                node = ParsePipe("parenthesized pipeline", TokenKind.RightParen);
                break;
            default:
                _at--;
                throw Unexpected(context);
        }

        if (Current.Kind != TokenKind.Field) return node;
        if (node is ConstantNode or NilNode or DotNode) throw Error(token.Place, $"unexpected . after term \"{node.Source}\"");
        return new ChainNode(token.Place, node, Fields());
    }

    private List<string> Fields()
    {
        var names = new List<string>();
        while (Current.Kind == TokenKind.Field) names.Add(_tokens[_at++].Text);
        return names;
    }

    private object ParseNumber(Token token)
    {
        if (GoNumber.TryWhole(token.Text, 0, out var whole)) return whole;
        if (!GoNumber.TryFloat(token.Text, out var real))
            throw Error(token.Place, $"bad number syntax: \"{token.Text}\"");
        // Digits that are too many for a whole number, or none of its radix (08), are not taken for another one.
        return token.Text.AsSpan().ContainsAny(".eEpP") ? real : throw Error(token.Place, $"integer overflow: \"{token.Text}\"");
    }

    private Token Current => _tokens[_at];

    private void Enter(string what)
    {
        if (++_depth > MaxDepth) throw Deep($"{what} nested deeper than {MaxDepth}");
        try
        {
            RenderBudget.NeedStack();
        }
        catch (TemplateFault e)
        {
            throw Deep(e.Message);
        }
    }

    private void SkipSpace()
    {
        while (Current.Kind == TokenKind.Space) _at++;
    }

    private void Close(string context)
    {
        SkipSpace();
        if (Current.Kind != TokenKind.RightDelimiter) throw Unexpected(context);
        _at++;
    }

    private TemplateException Unexpected(string context) => Current.Kind == TokenKind.End
        ? Error(Current.Place, "unclosed action")
        : Error(Current.Place, $"unexpected \"{(Current.Text.Length <= 200 ? Current.Text : Current.Text[..200] + "...")}\" in {context}");

    private TemplateException Error(Place at, string cause) => TemplateException.Parse(_name, at.Line, at.Column, cause);

    private TemplateException Deep(string cause)
        => TemplateException.Parse(_name, Current.Place.Line, Current.Place.Column, cause, TemplateBound.Depth);
}
