namespace Anvil.Silo;

/// <summary>`anvil-silo --health URL`: asks a silo how it is, for health checks in images that hold no other HTTP client.</summary>
internal static class HealthClient
{
    /// <summary>0 when the answer is 2xx; else 1, with the answer on standard error.</summary>
    public static async Task<int> AskAsync(string url)
    {
        // It sends nothing that is secret, and believes a status: whose certificate it is does not matter.
        using var handler = new HttpClientHandler
        {
#pragma warning disable MA0039 // It is no validation.
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
#pragma warning restore MA0039
        };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            using var response = await http.GetAsync(url);
            if (response.IsSuccessStatusCode) return 0;
            await Console.Error.WriteLineAsync($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }

        return 1;
    }
}
