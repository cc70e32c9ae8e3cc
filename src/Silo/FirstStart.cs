using System.Security.Cryptography;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Storage;
using Microsoft.Extensions.Options;

namespace Anvil.Silo;

/// <summary>Fills a new database: token secrets, the first user, and preferences that start discovery.</summary>
internal sealed partial class FirstStart(ICatalogStore store, Database database, IOptions<SiloOptions> options,
    ILogger<FirstStart> logger)
{
    private const string FirstUser = "rocketskates";

    /// <summary>Silos that start together write once: who comes second finds it done.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (database.StartNotice.Length > 0) LogNotice(database.StartNotice);
        while (!await TryAsync(cancellation))
        {
            // Another silo has written in between.
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        var (revision, documents) = await store.ReadAsync(cancellation);
        var have = documents.Select(d => (d.Prefix, d.Key)).ToHashSet();
        var changes = new List<CatalogChange>();
        var prefs = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["baseTokenSecret"] = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", 32),
            ["systemGrantorSecret"] = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
                32),
            ["unknownBootEnv"] = "discovery",
            ["defaultWorkflow"] = "discover",
        };
        foreach (var (name, value) in options.Value.FirstPrefs) prefs[name] = Checked(name, value);
        var lost = documents.OfType<Pref>().Where(p => Prefs.IsSecret(p.Name)
            && (p.Val.Length == 0 || Prefs.FormProblem(p.Name, p.Val) is not null)).Select(p => p.Name).ToList();
        foreach (var (name, value) in prefs.Where(p => !have.Contains(("prefs", p.Key)) || lost.Contains(p.Key)))
            changes.Add(new CatalogChange("prefs", name, new Pref { Name = name, Val = value }));
        if (!have.Contains(("profiles", Profile.Global)))
            changes.Add(new CatalogChange("profiles", Profile.Global,
                Profile.First with { Validated = true, Available = true }));
        // A user that cannot be read can log nobody in.
        var isNew = !documents.Any(d => d is User { Validated: true });
        var password = options.Value.AdminPassword;
        if (isNew && password.Length == 0)
        {
            password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 20);
            var file = Path.Combine(options.Value.DataFolder, "admin-password");
            // Written first: a password that nobody knows would be worse than a file that another silo's outdoes.
            await using (var stream = new FileStream(file,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
                }))
            await using (var writer = new StreamWriter(stream)) await writer.WriteLineAsync(password);
            if (await WriteAsync(revision, [.. changes, new CatalogChange("users", FirstUser, Admin(password))], cancellation))
            {
                LogPassword(FirstUser, file);
                return true;
            }

            File.Delete(file);
            return false;
        }

        if (isNew) changes.Add(new CatalogChange("users", FirstUser, Admin(password)));
        if (changes.Count == 0) return true;
        if (!await WriteAsync(revision, changes, cancellation)) return false;
        foreach (var name in lost) LogMadeAnew(name);
        return true;
    }

    /// <summary>What it names is looked for once content is there; how it is written is wrong now or never.</summary>
    private static string Checked(string name, string value)
    {
        var problem = Prefs.Defaults.ContainsKey(name) ? Prefs.FormProblem(name, value) : $"there is no preference {name}";
        return problem is null ? value : throw new InvalidOperationException($"Silo:FirstPrefs: {problem}");
    }

    private async Task<bool> WriteAsync(long revision, List<CatalogChange> changes, CancellationToken cancellation)
        => await store.WriteAsync(revision, changes, cancellation) is not null;

    private static User Admin(string password)
        => new()
        {
            Name = FirstUser,
            Roles = ["superuser"],
            PasswordHash = Passwords.Hash(password),
            Secret = RandomNumberGenerator.GetHexString(32, lowercase: true),
            Validated = true,
            Available = true
        };

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the stored preference {Name} could not be used, and was made anew: all tokens that there were have ended")]
    private partial void LogMadeAnew(string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Notice}")]
    private partial void LogNotice(string notice);

    [LoggerMessage(Level = LogLevel.Warning, Message = "user {User} was made; its password is in {File}")]
    private partial void LogPassword(string user, string file);
}
