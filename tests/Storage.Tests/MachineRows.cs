using System.Data.Common;
using System.Text;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Storage.Tests;

/// <summary>Stores machines as Orleans' provider does: by one statement on the state's table.</summary>
internal static class MachineRows
{
    /// <summary>A machine's uuid.</summary>
    public static string Id(int number) => $"00000000-0000-4000-8000-{number:d12}";

    /// <summary>Writes a machine's state.</summary>
    public static Task StoreAsync(DbConnection connection, MachineState state, string? uuid = null)
        => StoreTextAsync(connection, Json.Write(state), "m-" + (uuid ?? state.Machine!.Uuid));

    /// <summary>Writes a state as it is.</summary>
    public static async Task StoreTextAsync(DbConnection connection, string state, string ext)
    {
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) VALUES ('anvil', 'machine', 0, 0, @ext, @payload, 1)
            ON CONFLICT (service, type, n0, n1, ext) DO UPDATE SET payload = excluded.payload, version = grain_state.version + 1
            """;
        void Add(string name, object value)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        Add("ext", ext);
        Add("payload", Encoding.UTF8.GetBytes(state));
        await command.ExecuteNonQueryAsync();
    }
}
