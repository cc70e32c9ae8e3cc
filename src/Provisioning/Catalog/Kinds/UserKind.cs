using System.Security.Cryptography;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Users (DRP's User). One administrator with a password always remains, so that nobody can lock everyone out.</summary>
internal sealed class UserKind() : CatalogKind<User>("users")
{
    private const string Administrator = "superuser";
    private const string Administrators = "Administrator";

    /// <inheritdoc/>
    public override IReadOnlyList<FieldIndex> Indexes { get; } = [new(Administrators, d => IsAdministrator((User)d) ? ["true"] : [])];

    /// <inheritdoc/>
    public override User Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override User Fill(User document)
        => document.Secret.Length > 0 ? document : document with { Secret = RandomNumberGenerator.GetHexString(32, lowercase: true) };

    /// <summary>What is never shown cannot be sent back: without a word about it, it stays.</summary>
    protected override User Keep(User document, User old) => document with
    {
        PasswordHash = document.PasswordHash.Length > 0 ? document.PasswordHash : old.PasswordHash,
        Secret = document.Secret.Length > 0 ? document.Secret : old.Secret,
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(User document, User? old, CatalogSnapshot catalog)
    {
        if (!NameRules.IsUserName(document.Name)) return KindRules.Invalid(document.Name);
        return old is not null && IsAdministrator(old) && !IsAdministrator(document) && IsLast(old, catalog)
            ? [$"{old.Name} is the last administrator: its role {Administrator} cannot be taken away"]
            : [];
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Stays(User document, CatalogSnapshot catalog)
        => catalog.Users.Count == 1 ? [$"{document.Name} is the last user"]
            : IsAdministrator(document) && IsLast(document, catalog) ? [$"{document.Name} is the last administrator"]
            : [];

    private static bool IsAdministrator(User user)
        => user.Roles.Contains(Administrator, StringComparer.Ordinal) && user.PasswordHash.Length > 0;

    private static bool IsLast(User user, CatalogSnapshot catalog)
        => !catalog.Having("users", Administrators, "true").Any(other => other.Key != user.Name);
}
