using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Killed;

/// <summary>What an agent does: takes a machine's next job, says that it runs, appends to its log, ends it; every other job is
/// deleted.</summary>
internal sealed class JobWriter(KillRun run, int client) : IKillWriter
{
    /// <summary>Octets of a piece of a log: more than one packet, less than the agent sends at once.</summary>
    private const int Piece = 30_000;

    private readonly string _machine = $"0b3c6a8e-0000-4000-9{client:x3}-000000000000";
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private string _job = "";
    private string _log = "";
    private string _step = "";
    private string _pending = "";
    private int _told;
    private int _jobs;

    /// <inheritdoc/>
    public string Kind => "jobs";

    /// <inheritdoc/>
    public int Confirmed { get; private set; }

    /// <inheritdoc/>
    public string UnderWay => _pending.Length > 0 ? $"{Kind} {_pending}" : "";

    /// <inheritdoc/>
    public async Task StepAsync()
    {
        _pending = _step switch
        {
            "" => "machine",
            "machine" or "delete" => "job",
            "job" => "running",
            "running" => "log",
            "log" => "more",
            "more" => "finished",
            _ => _jobs % 2 == 0 ? "job" : "delete"
        };
        if (await WriteAsync() is not var (status, text)) return;
        Assert.True(status is 200 or 201 or 204, $"{UnderWay}: {status} {text}");
        if (_pending == "job") _job = JsonNode.Parse(text)!["Uuid"]!.ToString();
        Done();
        Confirmed++;
        run.Confirmed();
    }

    /// <inheritdoc/>
    public async Task CheckAsync()
    {
        if (_pending.Length > 0 && await WasDoneAsync()) Done();
        _pending = "";
        if (_step.Length == 0) return;
        var jobs = ((JsonArray)(await run.ReadAsync($"jobs?Machine={_machine}"))!).ToDictionary(j => j!["Uuid"]!.ToString(),
            StringComparer.Ordinal);
        Assert.Equal(_known.Except(_deleted, StringComparer.Ordinal).Order(StringComparer.Ordinal),
            jobs.Keys.Order(StringComparer.Ordinal));
        foreach (var job in _known)
        {
            Assert.True(JsonNode.DeepEquals(jobs.GetValueOrDefault(job), await run.ReadAsync($"jobs/{job}")),
                $"job {job} is not what the list shows");
            // A deletion tells who did it, in the transaction that took the row.
            Assert.Equal(_deleted.Contains(job) ? ["delete"] : [], run.Told("jobs", job));
            if (job == _job || _deleted.Contains(job)) continue;
            Assert.Equal("finished", jobs[job]!["State"]!.ToString());
        }

        Assert.Equal(["create", .. Enumerable.Repeat("jobs", _told)], run.Told("machines", _machine));
        if (_job.Length == 0 || _deleted.Contains(_job)) return;
        Assert.Equal(_step switch { "job" => "created", "finished" => "finished", _ => "running" }, jobs[_job]!["State"]!.ToString());
        Assert.Equal(_log, (await run.TextAsync("GET", $"jobs/{_job}/log"))!.Value.Text);
    }

    private async Task<(int Status, string Text)?> WriteAsync() => _pending switch
    {
        "machine" => await run.TextAsync("POST", "machines",
            $$"""
            {"Uuid":"{{_machine}}","Name":"job-{{client}}","BootEnv":"local",
            "Tasks":[{{string.Join(',', Enumerable.Repeat("\"killed\"", 500))}}]}
            """),
        "job" => await run.TextAsync("POST", "jobs", $$"""{"Machine":"{{_machine}}"}"""),
        "delete" => await run.TextAsync("DELETE", $"jobs/{_job}"),
        "log" or "more" => await run.TextAsync("PUT", $"jobs/{_job}/log", Lines(), "application/octet-stream"),
        _ => await run.TextAsync("PATCH", $"jobs/{_job}", $$"""[{"op":"replace","path":"/State","value":"{{_pending}}"}]"""),
    };

    /// <summary>The write under way was carried out.</summary>
    private void Done()
    {
        switch (_pending)
        {
            case "job":
                _known.Add(_job);
                _log = "";
                _jobs++;
                _told++;
                break;
            case "log" or "more": _log += Lines(); break;
            case "delete": _deleted.Add(_job); break;
            case "running" or "finished": _told++; break;
        }

        (_step, _pending) = (_pending, "");
    }

    private async Task<bool> WasDoneAsync()
    {
        switch (_pending)
        {
            case "machine": return await run.ReadAsync($"machines/{_machine}") is not null;
            case "delete": return await run.ReadAsync($"jobs/{_job}") is null;
            case "log" or "more":
                var text = (await run.TextAsync("GET", $"jobs/{_job}/log"))!.Value.Text;
                Assert.StartsWith(_log, text, StringComparison.Ordinal);
                Assert.StartsWith(text[_log.Length..], Lines(), StringComparison.Ordinal);
                if (text.Length == _log.Length + Piece) return true;
                // The system ends a write of a killed process between two pages: what nobody was told is there is there in part.
                _log = text;
                return false;
            case "job":
                var made = ((JsonArray)(await run.ReadAsync($"jobs?Machine={_machine}"))!).Select(j => j!["Uuid"]!.ToString())
                    .Except(_known, StringComparer.Ordinal).ToList();
                if (made.Count > 0) _job = Assert.Single(made);
                return made.Count > 0;
            default: return (await run.ReadAsync($"jobs/{_job}"))!["State"]!.ToString() == _pending;
        }
    }

    private string Lines() => $"{_pending} of job {_jobs} ".PadRight(Piece - 1, '.') + "\n";
}
