namespace Anvil.Cli;

/// <summary>Ends the program with 1 and a message for a person.</summary>
public sealed class CliException(string message, Exception? inner = null) : Exception(message, inner);
