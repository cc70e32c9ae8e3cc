namespace Anvil.Bench.Peers;

/// <summary>Makes a server in a folder that is its own.</summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder for its folder.</param>
internal delegate Service ServerOf(NetworkNamespace host, string folder);
