namespace Anvil.Provisioning.Lists;

/// <summary>A list is larger than what takes no memory of its own: <see cref="IListMemory.MakeRoomAsync"/>, and begin again.</summary>
public sealed class LargeListException() : Exception("the list is a large one, and has no room yet");
