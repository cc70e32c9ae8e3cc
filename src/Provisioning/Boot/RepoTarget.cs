using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Boot;

/// <summary>What repositories are written out for.</summary>
/// <param name="Os">The operating system, whose family says in which form.</param>
/// <param name="Proxy">The proxy of an installer's repositories; "" for none.</param>
/// <param name="Data">The dot of the templates that ask for them.</param>
internal sealed record RepoTarget(OsInfo Os, string Proxy, RenderData Data);
