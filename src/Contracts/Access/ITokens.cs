using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Access;

/// <summary>Makes the tokens that rendered files and scripts carry.</summary>
public interface ITokens
{
    /// <summary>What renders boot files and scripts for a machine (or, with null, for unknown ones), its secrets read
    /// beforehand.</summary>
    Task<TokenSource> ForRenderingAsync(Machine? machine);
}
