namespace Anvil.Agent;

/// <summary>Something that the agent or a verb cannot do; the message is for the person who reads the log.</summary>
public sealed class AgentException(string message) : Exception(message);
