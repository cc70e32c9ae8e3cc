using Anvil.Provisioning.Catalog;

namespace Anvil.Grains.Catalog;

/// <summary>Content packs that this silo was started with, and what was wrong with them.</summary>
public sealed record BuiltInContent(PackContent Packs);
