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

    public static Task WriteJsonAsync(this HttpContext http, string json, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = JsonType;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(json, http.RequestAborted);
    }
}
