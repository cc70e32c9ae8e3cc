namespace Anvil.Lab.Tests;

/// <summary>A laboratory that the tests of one class share.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    /// <summary>The laboratory.</summary>
    public Laboratory Lab { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Lab = await Laboratory.StartAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}
