namespace Anvil.Lab;

/// <summary>Something that the lab waited for did not happen, or could not be set up; the message says what and where to look.</summary>
public sealed class LabException(string message) : Exception(message);
