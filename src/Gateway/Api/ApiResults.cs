using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Anvil.Objects;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>How answers are written: JSON documents, and errors in DRP's shape.</summary>
internal static class ApiResults
{
    private const string JsonType = "application/json; charset=utf-8";

    public static Task WriteAsync(this HttpContext http, ObjectAnswer answer)
    {
        if (answer.Tag.Length > 0) http.Response.Headers.ETag = $"\"{answer.Tag}\"";
        if (answer.Unavailable.Length > 0) http.Response.Headers["X-Anvil-Unavailable"] = answer.Unavailable;
        if (answer.Trimmed.Length > 0) http.Response.Headers["X-Anvil-Trimmed"] = answer.Trimmed;
        if (answer.HoldsSecret) AnswerCompression.LeaveAsItIs(http);
        if (answer.Json is not null) return http.WriteJsonAsync(answer.Json, answer.Status);
        http.Response.StatusCode = answer.Status;
        return Task.CompletedTask;
    }

    public static Task WriteAsync(this HttpContext http, ApiError error) => http.WriteJsonAsync(Json.Write(error), error.Code);

    public static Task WriteObjectAsync<T>(this HttpContext http, T value, int status = 200)
        => http.WriteJsonAsync(JsonSerializer.Serialize(value, Json.Options), status);

    public static async Task WriteJsonAsync(this HttpContext http, string json, int status = 200)
    {
        if (status < 400) await http.HoldAsync(json.Length);
        http.Response.StatusCode = status;
        http.Response.ContentType = JsonType;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        if (json.Length < AnswerCompression.Shortest) http.Response.ContentLength = Encoding.UTF8.GetByteCount(json);
        await http.Response.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>Writes a list with what is counted of it.</summary>
    public static Task WriteListAsync(this HttpContext http, ObjectList list)
    {
        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

        var headers = http.Response.Headers;
        headers["X-DRP-LIST-COUNT"] = Text(list.Count);
        headers["X-DRP-LIST-TOTAL-COUNT"] = Text(list.Total);
        headers["X-DRP-LIST-FILTER-COUNT"] = Text(list.Filtered);
        if (list.Next is { } next) headers["X-Anvil-List-Next"] = next;
        return http.WriteRowsAsync(list.Rows);
    }

    /// <summary>Writes a list, each row as it is made: no more than one is held as text.</summary>
    public static async Task WriteRowsAsync(this HttpContext http, IEnumerable<string> rows)
    {
        const int Piece = 64 << 10;
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = JsonType;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        using var left = rows.GetEnumerator();
        // As many as a short answer has: its length is told, which leaves it unpacked.
        var (first, length) = (new List<string>(), 2);
        while (length < AnswerCompression.Shortest && left.MoveNext())
        {
            first.Add(left.Current);
            length += 1 + Encoding.UTF8.GetByteCount(left.Current);
        }

        if (length < AnswerCompression.Shortest) http.Response.ContentLength = Math.Max(length - 1, 2);
        var body = http.Response.BodyWriter;
        body.Write("["u8);
        var isFirst = true;
        foreach (var row in first) Write(row);
        while (length >= AnswerCompression.Shortest && left.MoveNext())
        {
            Write(left.Current);
            if (body.UnflushedBytes >= Piece) await body.FlushAsync(http.RequestAborted);
        }

        body.Write("]"u8);
        await body.FlushAsync(http.RequestAborted);

        void Write(string row)
        {
            if (!isFirst) body.Write(","u8);
            isFirst = false;
            Encoding.UTF8.GetBytes(row, body);
        }
    }
}
