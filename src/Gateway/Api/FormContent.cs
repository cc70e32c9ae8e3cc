using Anvil.Contracts.Files;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The content of a form's file: what is wrong with the form is its sender's fault, and nobody else's.</summary>
/// <param name="inner">The content.</param>
/// <param name="fault">What its sender is told.</param>
internal sealed class FormContent(Stream inner, ApiException fault) : ReadOnceStream
{
    /// <summary>True for what reading a form throws where it breaks off, or is none.</summary>
    public static bool IsBroken(Exception e) => e is InvalidDataException or (IOException and not BadHttpRequestException);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (IsBroken(e) && !cancellationToken.IsCancellationRequested)
        {
            throw fault;
        }
    }
}
