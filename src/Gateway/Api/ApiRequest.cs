using System.Text;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>What handlers read from a request: who asks, and the body.</summary>
internal static class ApiRequest
{
    /// <summary>Most octets of a body.</summary>
    public const int MostBody = 16 << 20;

    public static Principal Principal(this HttpContext http) => (Principal)http.Items[typeof(Principal)]!;

    public static void Set(this HttpContext http, Principal principal) => http.Items[typeof(Principal)] = principal;

    public static Actor Actor(this HttpContext http, string machine)
    {
        var principal = http.Principal();
        return new Actor(principal.Name, principal.Kind != PrincipalKind.User, principal.May("machines", "updateTaskList", machine));
    }

    public static bool Flag(this HttpContext http, string name) => http.Request.Query[name].ToString() is "true" or "1";

    /// <summary>Refuses what the requester may not do: a get is answered with 404, which hides whether the object is there.</summary>
    /// <exception cref="ApiException">403 or 404.</exception>
    public static void Require(this HttpContext http, string scope, string action, string specific)
    {
        if (http.Principal().May(scope, action, specific)) return;
        if (action == "get") throw new ApiException(ApiError.NotFound(scope, specific));
        throw new ApiException(new ApiError(scope, specific, "AUTH", [$"Cannot access {http.Request.Path}", $"Requires: {scope} {action} {specific}"], 403));
    }

    /// <summary>Reads a JSON body as text; "" when there is none.</summary>
    /// <exception cref="ApiException">400: another content type, not JSON, or too long.</exception>
    public static async Task<string> ReadJsonAsync(this HttpContext http, string model, string key)
    {
        var text = await http.ReadTextAsync(model, key);
        if (text.Length == 0) return "";
        if (http.Request.ContentType?.Contains("application/json", StringComparison.OrdinalIgnoreCase) != true)
            throw new ApiException(ApiError.BadRequest(model, key, http.Request.Method, $"Invalid content type: {http.Request.ContentType}"));
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Json.MaxDepth });
            if (text.Contains("\\u", StringComparison.Ordinal)) CheckCharacters(document.RootElement);
            return text;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ApiException(ApiError.BadRequest(model, key, http.Request.Method, "Invalid JSON: " + e.Message));
        }
    }

    /// <summary>Escapes can say what is no text: U+0000, which no database keeps, and halves of surrogate pairs.</summary>
    private static void CheckCharacters(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    CheckCharacters(property.Name);
                    CheckCharacters(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) CheckCharacters(item);
                break;
            case JsonValueKind.String:
                CheckCharacters(element.GetString()!);
                break;
        }
    }

    private static void CheckCharacters(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) throw new JsonException("a text cannot hold the character U+0000");
    }

    /// <summary>Reads a body of any type.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">Most octets.</param>
    /// <param name="tooLong">The error for one that has more.</param>
    /// <exception cref="ApiException">It has more.</exception>
    public static async Task<MemoryStream> ReadOctetsAsync(this HttpContext http, int most, Func<ApiError> tooLong)
    {
        var buffer = new MemoryStream();
        var chunk = new byte[16 << 10];
        while (await http.Request.Body.ReadAsync(chunk, http.RequestAborted) is var read and > 0)
        {
            if (buffer.Length + read > most) throw new ApiException(tooLong());
            buffer.Write(chunk, 0, read);
        }

        return buffer;
    }

    private static async Task<string> ReadTextAsync(this HttpContext http, string model, string key)
    {
        using var octets = await http.ReadOctetsAsync(MostBody, () => new ApiError(model, key, http.Request.Method, [$"a body has at most {MostBody} octets"], 413));
        return Encoding.UTF8.GetString(octets.GetBuffer(), 0, (int)octets.Length);
    }
}
