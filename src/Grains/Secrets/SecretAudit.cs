using Anvil.Contracts.Access;
using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Secrets;

/// <summary>Writes who opened which secure params to the log and to the machine's timeline; never a value.</summary>
public sealed partial class SecretAudit(ITimeline timeline, TimeProvider time, ILogger<SecretAudit> logger) : ISecretAudit
{
    /// <summary>Source of the timeline's lines.</summary>
    public const string Source = "secret";

    private readonly Lock _gate = new();
    private readonly OpenedBook _book = new();
    private readonly long _start = time.GetTimestamp();

    /// <inheritdoc/>
    public void Opened(SecretOpening opening)
    {
        int? more;
        lock (_gate) more = _book.Note(opening, time.GetElapsedTime(_start));
        if (more is null) return;
        var names = string.Join(", ", Reasons.First([.. opening.Params.Order(StringComparer.Ordinal)], n => $"and {n} more"));
        if (more == 0) LogOpened(opening.Who, opening.Of, names, opening.How);
        else LogOpenedMore(opening.Who, opening.Of, names, opening.How, more.Value);
        if (opening.Machine.Length > 0)
            timeline.Note(opening.Machine, "", Source, $"opened {names}", $"by {opening.Who}",
                opening.How + (more > 0 ? $"; {more} openings more were counted before" : ""));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Who} opened secure params of {Of}: {Params} ({How})")]
    private partial void LogOpened(string who, string of, string @params, string how);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{Who} opened secure params of {Of}: {Params} ({How}); {More} openings more were counted before")]
    private partial void LogOpenedMore(string who, string of, string @params, string how, int more);
}
