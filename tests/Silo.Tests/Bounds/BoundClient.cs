using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Bounds;

/// <summary>One of several clients that try a bound at once; its names are its own.</summary>
internal sealed class BoundClient(HttpClient http, int number)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Its number.</summary>
    public int Number => number;

    /// <summary>A name that no other client has.</summary>
    public string Name => $"bound-{number}";

    /// <summary>Asks; the status and the text that came, of long ones the beginning.</summary>
    public Task<(int Status, string Text)> AskAsync(string method, string path, string? body = null, string type = "application/json")
        => SendAsync(method, path, body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)), type);

    /// <summary>Asks with a body that is made while it is sent.</summary>
    public Task<(int Status, string Text)> StreamAsync(string method, string path, Stream body, string type)
        => SendAsync(method, path, new StreamContent(body, 1 << 16), type);

    /// <summary>Makes a profile with other fields than its name, and takes it away again.</summary>
    public async Task<(int Status, string Text)> ProfileAsync(string fields)
    {
        var answer = await MakeAsync("profiles", $$"""{"Name":"{{Name}}"{{fields}}}""");
        await AskAsync("DELETE", $"profiles/{Name}");
        return answer;
    }

    /// <summary>Patches a profile that holds some params.</summary>
    public async Task<(int Status, string Text)> PatchAsync(string patch, string parameters = """{"a":1}""")
    {
        await MakeAsync("profiles", $$"""{"Name":"{{Name}}","Params":{{parameters}}}""");
        var answer = await AskAsync("PATCH", $"profiles/{Name}", patch);
        await AskAsync("DELETE", $"profiles/{Name}");
        return answer;
    }

    /// <summary>Makes a param of a schema, and a profile with a value of it.</summary>
    public async Task<(int Status, string Text)> ValueAsync(string schema, string? value = null)
    {
        var answer = await MakeAsync("params", $$"""{"Name":"{{Name}}","Schema":{{schema}}}""");
        if (answer.Status == 201 && value is not null) answer = await ProfileAsync($$""","Params":{"{{Name}}":{{value}}}""");
        await AskAsync("DELETE", $"params/{Name}");
        return answer;
    }

    /// <summary>
    /// Makes an object. On a busy machine one may be made later than its call waits, and after it was taken away again.
    /// </summary>
    private async Task<(int Status, string Text)> MakeAsync(string kind, string body)
    {
        var answer = await AskAsync("POST", kind, body);
        if (answer.Status != 409) return answer;
        await AskAsync("DELETE", $"{kind}/{Name}");
        return await AskAsync("POST", kind, body);
    }

    /// <summary>Renders a template as a job's script.</summary>
    public async Task<(int Status, string Text)> RenderAsync(string template)
    {
        var task = new JsonObject
        {
            ["Name"] = Name,
            ["Templates"] = new JsonArray(new JsonObject { ["Name"] = Name, ["Contents"] = template })
        };
        var made = await AskAsync("POST", "tasks", task.ToJsonString());
        if (made.Status != 201) return made;
        var machine = await AskAsync("POST", "machines", $$"""{"Name":"{{Name}}","BootEnv":"local","Tasks":["{{Name}}"]}""");
        if (machine.Status != 201) return machine;
        var uuid = JsonNode.Parse(machine.Text)!["Uuid"]!.ToString();
        var job = JsonNode.Parse((await AskAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""")).Text)!["Uuid"]!.ToString();
        var answer = await AskAsync("GET", $"jobs/{job}/actions");
        foreach (var path in new[] { $"machines/{uuid}", $"tasks/{Name}" }) await AskAsync("DELETE", path);
        return answer;
    }

    /// <summary>Appends so many octets to the log of a job that has none yet, and then so many more.</summary>
    public async Task<(int Status, string Text)> LogAsync(long octets, int more)
    {
        await AskAsync("POST", "tasks", $$"""{"Name":"{{Name}}"}""");
        var machine = JsonNode.Parse(
            (await AskAsync("POST", "machines",
                $$"""{"Name":"{{Name}}","BootEnv":"local","Tasks":["{{Name}}"]}""")).Text)!["Uuid"]!.ToString();
        var job = JsonNode.Parse((await AskAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}""")).Text)!["Uuid"]!.ToString();
        var answer = await StreamAsync("PUT", $"jobs/{job}/log", new RepeatedStream("l"u8.ToArray(), octets), "application/octet-stream");
        if (answer.Status == 204 && more > 0)
            answer = await AskAsync("PUT", $"jobs/{job}/log", new string('m', more), "application/octet-stream");
        foreach (var path in new[] { $"machines/{machine}", $"jobs/{job}", $"tasks/{Name}" }) await AskAsync("DELETE", path);
        return answer;
    }

    /// <summary>Makes machines of 15 MiB each: four are within what a list, or the known of a sheet, may have.</summary>
    public async Task MakeBigMachinesAsync(int count)
    {
        var large = new string('b', 15 << 20);
        for (var i = 0; i < count; i++)
        {
            var body = $$"""{"Name":"big-{{i}}","Description":"big","BootEnv":"local","Params":{"large":"{{large}}"} }""";
            var (status, text) = await AskAsync("POST", "machines", body);
            // On a busy machine a write may take longer than its call waits; it is made all the same.
            if (status == 503)
                await Support.Wait.UntilAsync(async () => (await AskAsync("GET", $"machines?Name=big-{i}&slim=Params")).Text.Length > 2,
                    Patience, () => $"big-{i} is not made: {text}");
            else Assert.True(status == 201, text);
        }
    }

    /// <summary>Takes them away again.</summary>
    public async Task RemoveBigMachinesAsync(int count)
    {
        for (var i = 0; i < count; i++) Assert.Equal(200, (await AskAsync("DELETE", $"machines/Name:big-{i}")).Status);
    }

    /// <summary>Looks at a sheet without importing it.</summary>
    public Task<(int Status, string Text)> SheetAsync(string header, string row, long rows)
        => StreamAsync("POST", "machines/import?dryRun=true",
            new RepeatedStream(Encoding.ASCII.GetBytes(row), row.Length * rows, Encoding.ASCII.GetBytes(header)), "text/csv");

    private async Task<(int Status, string Text)> SendAsync(string method, string path, HttpContent? body, string type)
    {
        const int Shown = 1 << 16;
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        if (body is not null) body.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var (text, buffer) = (new StringBuilder(), new byte[1 << 16]);
        while (await stream.ReadAsync(buffer) is var read and > 0)
        {
            if (text.Length < Shown) text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return ((int)answer.StatusCode, text.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => number.ToString(CultureInfo.InvariantCulture);
}
