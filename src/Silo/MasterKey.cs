using Anvil.Provisioning.Access;
using Anvil.Storage;

namespace Anvil.Silo;

/// <summary>
/// Finds the master key of secure params: in the file that the settings name; else, for a silo alone, in a file of its data folder, apart
/// from
/// the database; else in the cluster's database. It is made at the first start, and every silo of a cluster must have the same.
/// </summary>
internal static class MasterKey
{
    private const string FileName = "secret-key";

    /// <summary>Where a silo alone keeps the key that it has made.</summary>
    public static string FileIn(string dataFolder) => Path.Combine(dataFolder, FileName);

    /// <summary>Reads the key, and makes it where there is none yet.</summary>
    /// <exception cref="InvalidOperationException">The file that the settings name is not there, or holds no key.</exception>
    public static async Task<byte[]> ReadAsync(Database database, SiloOptions silo, CancellationToken cancellation)
    {
        if (silo.SecretKeyFile.Length > 0)
            return File.Exists(silo.SecretKeyFile)
                ? Parse(await File.ReadAllTextAsync(silo.SecretKeyFile, cancellation), silo.SecretKeyFile)
                    : throw new InvalidOperationException($"Silo:SecretKeyFile: there is no file {silo.SecretKeyFile}");
        if (silo.Postgres.Length > 0) return await database.MasterKeyAsync(ParamKeys.NewMaster(), cancellation);
        var path = FileIn(silo.DataFolder);
        if (!File.Exists(path))
        {
            // Written whole under another name first: half a key would be another key.
            var fresh = $"{path}.{Environment.ProcessId}";
            await using (var stream = new FileStream(fresh,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
                }))
            await using (var writer = new StreamWriter(stream)) await writer.WriteLineAsync(Convert.ToBase64String(ParamKeys.NewMaster()));
            File.Move(fresh, path, overwrite: false);
        }

        return Parse(await File.ReadAllTextAsync(path, cancellation), path);
    }

    private static byte[] Parse(string text, string path)
    {
        var key = new byte[ParamKeys.KeyOctets];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == key.Length ? key
            : throw new InvalidOperationException($"{path} holds no key: {ParamKeys.KeyOctets} octets in base 64 are needed");
    }
}
