using System.Text;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Jobs;

/// <summary>A machine as a database holds it: the text of its document, and that of the record that moves faster.</summary>
/// <param name="Document">JSON of a <see cref="Machine"/>.</param>
/// <param name="Record">JSON of a <see cref="BootRecord"/>.</param>
public sealed record StoredMachine(string Document, string Record)
{
    private static readonly WrittenText? OfDocument = WrittenText.Of(typeof(Machine));
    private static readonly WrittenText? OfRecord = WrittenText.Of(typeof(BootRecord));

    /// <summary>The machine; of one that is damaged what can be read, and why it is not available.</summary>
    public Machine Read()
    {
        var boot = Salvage.Read<BootRecord>(Record, out var problems);
        return Salvage.Marked(boot.Over(Salvage.Document<Machine>(Document)), problems);
    }

    /// <summary>
    /// The text that the machine is written as, made of the stored texts without making the machine; null where these are not surely
    /// what would be written: what is damaged, was stored by an older version, or has a param that is not to be handed on as it is.
    /// </summary>
    /// <param name="isSecret">True for the name of a param that is.</param>
    public string? AsWritten(Predicate<string> isSecret)
    {
        if (OfDocument is null || OfRecord is null) return null;
        var (document, record) = (Encoding.UTF8.GetBytes(Document), Encoding.UTF8.GetBytes(Record));
        Range address = default, boot = default, cards = default, newAddress = default, newBoot = default;
        if (!OfDocument.Is(document, (name, at) =>
            {
                if (name == nameof(Machine.Address)) address = at;
                else if (name == nameof(Machine.Boot)) boot = at;
                else if (name == nameof(Machine.HardwareAddrs)) cards = at;
            }, name => !isSecret(name)) || HasLongCard(document.AsSpan(cards))) return null;
        if (!OfRecord.Is(record, (name, at) =>
            {
                if (name == nameof(BootRecord.Address)) newAddress = at;
                else if (name == nameof(BootRecord.Boot)) newBoot = at;
            }, _ => true)) return null;
        var (first, second, newFirst, newSecond) = address.Start.Value < boot.Start.Value
            ? (address, boot, newAddress, newBoot) : (boot, address, newBoot, newAddress);
        return Encoding.UTF8.GetString([.. document.AsSpan(..first.Start), .. record.AsSpan(newFirst),
            .. document.AsSpan(first.End..second.Start), .. record.AsSpan(newSecond), .. document.AsSpan(second.End..)]);
    }

    /// <summary>An InfiniBand address, which is read as another one.</summary>
    private static bool HasLongCard(ReadOnlySpan<byte> cards)
    {
        foreach (var part in cards.Split((byte)'"'))
        {
            if (part.End.Value - part.Start.Value == MacAddress.InfiniBandLength) return true;
        }

        return false;
    }
}
