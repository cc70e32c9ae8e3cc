using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Roles (DRP's Role). The one that may do everything is built in, and read-only.</summary>
internal sealed class RoleKind() : CatalogKind<Role>("roles")
{
    /// <inheritdoc/>
    public override Role Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Role document, Role? old, CatalogSnapshot catalog)
        => KindRules.Bounded(Roles.Beyond(document), () =>
        [
            .. KindRules.Name(document.Name, old),
            .. document.Claims.Select((c, i) => (c, i)).Where(c => IsEmpty(c.c))
                .Select(c => $"Claims[{c.i}]: a claim has a scope, an action and a specific"),
            // Such a user named what was not there, when nobody asked whether the one who wrote it might give it.
            // One that is there and cannot be read was given to them all the same.
            .. old is null && !catalog.Roles.ContainsKey(document.Name) ? catalog.NamedBy("roles", document.Name).OfType<User>()
                .Select(u => $"user {u.Name} names a role {document.Name} already: take it away from it first").Take(1) : [],
        ]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Role document, CatalogIndexes indexes) => Roles.Beyond(document);

    private static bool IsEmpty(RoleClaim claim)
        => claim.Right() is var right
            && (IsEmpty(right.Scope) || IsEmpty(right.Action) || IsEmpty(right.Specific));

    private static bool IsEmpty(string list) => list.Split(',').Any(part => part.Length == 0);
}
