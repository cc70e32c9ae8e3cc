namespace Anvil.Support;

/// <summary>Something that was waited for did not happen, or could not be set up; the message says what and where to look.</summary>
public sealed class SetupException(string message) : Exception(message);
