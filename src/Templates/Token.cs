namespace Anvil.Templates;

internal enum TokenKind
{
    Text, LeftDelimiter, RightDelimiter, Space, Identifier, Field, Variable, Dot, Number, StringLiteral, Character, Bool, Nil,
    Pipe, LeftParen, RightParen, Comma, Declare, Assign, End,
}

internal readonly record struct Token(TokenKind Kind, string Text, Place Place)
{
    public int Line => Place.Line;
}
