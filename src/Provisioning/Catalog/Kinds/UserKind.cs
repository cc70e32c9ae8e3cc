using System.Collections.Frozen;
using System.Security.Cryptography;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Users (DRP's User). One administrator with a password always remains, so that nobody can lock everyone out.</summary>
internal sealed class UserKind() : CatalogKind<User>("users")
{
    private const string Administrator = "Administrator";
    private const string Looks = "Looks";

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [To(nameof(User.Roles), "roles", "Role", u => u.Roles)];

    /// <inheritdoc/>
    public override IReadOnlyList<FieldIndex> Indexes { get; } =
    [
        new(Administrator, d => AccessRights.IsAdministrator((User)d) ? ["true"] : []), new(Looks, d => [LookOf(((User)d).Name)]),
    ];

    /// <inheritdoc/>
    public override IReadOnlySet<string> WriteOnly { get; } =
        FrozenSet.ToFrozenSet([nameof(User.PasswordHash), nameof(User.Secret), nameof(User.SetByLess), nameof(User.Revoked)],
            StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Document Shown(Document document)
        => (User)document with { PasswordHash = "", Secret = "", SetByLess = false, Revoked = null };

    /// <inheritdoc/>
    public override User Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    public override string? Holder(string key, CatalogSnapshot catalog)
        => base.Holder(key, catalog)
            ?? catalog.Having("users", Looks, LookOf(key)).FirstOrDefault(other => Folded(other.Key) == Folded(key))?.Key;

    /// <inheritdoc/>
    protected override User Fill(User document) => document with
    {
        Roles = [.. document.Roles.Distinct(StringComparer.Ordinal)],
        Secret = document.Secret.Length > 0 ? document.Secret : NewSecret(),
    };

    /// <summary>
    /// What is never shown cannot be sent back: without a word about it, it stays. With another password the tokens of before are void,
    /// and with more roles: whoever had them made was no more than the user was. So is a password that such a one has set.
    /// </summary>
    protected override User Keep(User document, User old)
    {
        var hash = document.PasswordHash.Length > 0 ? document.PasswordHash : old.PasswordHash;
        var grows = document.Roles.Except(old.Roles, StringComparer.Ordinal).Any();
        if (grows && old.SetByLess && hash == old.PasswordHash) hash = "";
        var isSet = document.Secret.Length > 0 && document.Secret != old.Secret;
        var secret = isSet ? document.Secret : !grows && hash == old.PasswordHash ? old.Secret : NewSecret();
        return document with
        {
            PasswordHash = hash,
            Secret = secret,
            // All of the secret before have ended.
            Revoked = secret == old.Secret ? old.Revoked : null,
        };
    }

    /// <summary>
    /// A password of one's own stays what it was: whoever knows the one before sets it. A limited token may be that of who made it.
    /// </summary>
    protected override User Signed(User document, User? old, Principal? by)
    {
        var isOwn = by is { Kind: PrincipalKind.User, Limits.Count: 0 } && by.Name == document.Name;
        return document with
        {
            SetByLess = document.PasswordHash.Length > 0 && (document.PasswordHash == old?.PasswordHash ? old.SetByLess
                : by is not null && !by.Has(Claim.All) && (!isOwn || old?.SetByLess != false)),
        };
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(User document, User? old, CatalogSnapshot catalog)
    {
        if (old is null && !NameRules.IsUserName(document.Name)) return KindRules.Invalid(document.Name);
        if (document.PasswordHash.Length > 0 && document.PasswordHash != old?.PasswordHash && !Passwords.IsHash(document.PasswordHash))
            return [$"PasswordHash is none that this server makes; set a password by PUT users/{document.Name}/password"];
        if (old is null && Twin(document.Name, catalog) is { } twin) return [$"Name `{document.Name}` looks like that of user {twin}"];
        var added = document.Roles.Except(old?.Roles ?? [], StringComparer.Ordinal).ToList();
        if (document.Roles.Count > Roles.MostOfUser && !document.Roles.SequenceEqual(old?.Roles ?? [], StringComparer.Ordinal))
            return [$"Roles: a user has at most {Roles.MostOfUser}"];
        // Whoever makes the role later does not know to whom it is given.
        if (added.Find(r => !catalog.HasRole(r)) is { } missing) return [$"Role {missing} does not exist"];
        return old is not null && AccessRights.IsAdministrator(old) && !AccessRights.IsAdministrator(document) && IsLast(old, catalog)
            ? [$"{old.Name} is the last administrator: its role {Roles.Superuser} cannot be taken away"]
            : [];
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Stays(User document, CatalogSnapshot catalog)
        => catalog.Users.Count == 1 ? [$"{document.Name} is the last user"]
            : AccessRights.IsAdministrator(document) && IsLast(document, catalog) ? [$"{document.Name} is the last administrator"]
            : [];

    private static string NewSecret() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string LookOf(string name) => LookAlikes.Skeleton(Folded(name));

    private static string Folded(string name) => name.ToLowerInvariant();

    private static string? Twin(string name, CatalogSnapshot catalog)
        => catalog.Having("users", Looks, LookOf(name)).FirstOrDefault(other => other.Key != name)?.Key;

    private static bool IsLast(User user, CatalogSnapshot catalog) => !Administrators(catalog).Any(other => other.Name != user.Name);

    /// <summary>Those who can always mend everything.</summary>
    internal static IEnumerable<User> Administrators(CatalogSnapshot catalog)
        => catalog.Having("users", Administrator, "true").Cast<User>().Where(catalog.IsAdministrator);

    /// <summary>A user whose password was set by somebody who may not have what the user has now: it has none, and no tokens.</summary>
    internal static User WithoutPassword(User user)
        => user with { PasswordHash = "", SetByLess = false, Secret = NewSecret(), Revoked = null };
}
