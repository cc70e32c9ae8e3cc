using System.Security.Cryptography;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Storage;
using Microsoft.Extensions.Options;

namespace Anvil.Silo;

/// <summary>Fills a new database: token secrets, the first user, and preferences that start discovery.</summary>
internal sealed partial class FirstStart(ICatalogStore store, IOptions<SiloOptions> options, ILogger<FirstStart> logger)
{
    private const string FirstUser = "rocketskates";

    public async Task RunAsync(CancellationToken cancellation)
    {
        var (revision, documents) = await store.ReadAsync(cancellation);
        var have = documents.Select(d => (d.Prefix, d.Key)).ToHashSet();
        var changes = new List<CatalogChange>();
        var prefs = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["baseTokenSecret"] = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", 32),
            ["systemGrantorSecret"] = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", 32),
            ["unknownBootEnv"] = "discovery",
            ["defaultWorkflow"] = "discover",
        };
        foreach (var (name, value) in options.Value.FirstPrefs) prefs[name] = value;
        foreach (var (name, value) in prefs.Where(p => !have.Contains(("prefs", p.Key)))) changes.Add(new CatalogChange("prefs", name, new Pref { Name = name, Val = value }));
        if (!have.Contains(("profiles", Params.Global))) changes.Add(new CatalogChange("profiles", Params.Global, new Profile { Name = Params.Global, Description = "Params of every machine", Validated = true, Available = true }));
        if (!documents.Any(d => d is User)) changes.Add(new CatalogChange("users", FirstUser, Admin()));
        if (changes.Count > 0) await store.WriteAsync(revision, changes, cancellation);
    }

    private User Admin()
    {
        var password = options.Value.AdminPassword;
        if (password.Length == 0)
        {
            password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 20);
            var file = Path.Combine(options.Value.DataFolder, "admin-password");
            using (var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            using (var writer = new StreamWriter(stream)) writer.WriteLine(password);
            LogPassword(FirstUser, file);
        }

        return new User { Name = FirstUser, Roles = ["superuser"], PasswordHash = Passwords.Hash(password), Secret = RandomNumberGenerator.GetHexString(32, lowercase: true), Validated = true, Available = true };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "user {User} was made; its password is in {File}")]
    private partial void LogPassword(string user, string file);
}
