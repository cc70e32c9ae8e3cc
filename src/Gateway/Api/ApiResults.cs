using System.Buffers;
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
        if (answer.Trimmed.Length > 0) http.Response.Headers["X-Anvil-Trimmed"] = answer.Trimmed;
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
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>Writes a list, each row as it is made: no more than one is held as text.</summary>
    public static async Task WriteRowsAsync(this HttpContext http, IEnumerable<string> rows)
    {
        const int Piece = 64 << 10;
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = JsonType;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        var body = http.Response.BodyWriter;
        body.Write("["u8);
        var isFirst = true;
        foreach (var row in rows)
        {
            if (!isFirst) body.Write(","u8);
            isFirst = false;
            Encoding.UTF8.GetBytes(row, body);
            if (body.UnflushedBytes < Piece) continue;
            await body.FlushAsync(http.RequestAborted);
        }

        body.Write("]"u8);
        await body.FlushAsync(http.RequestAborted);
    }
}
