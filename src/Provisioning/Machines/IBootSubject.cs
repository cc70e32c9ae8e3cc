namespace Anvil.Provisioning.Machines;

/// <summary>A machine as far as the boot decision looks at it: the whole document, or what an edge keeps of it in memory.</summary>
public interface IBootSubject
{
    /// <summary>Name of the param that chooses the boot program, where its boot environment leaves that open.</summary>
    const string LoaderParam = "boot-loader";

    /// <summary>Its uuid.</summary>
    string Uuid { get; }

    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>What it boots.</summary>
    string BootEnv { get; }

    /// <summary>It registered itself, and waits for approval.</summary>
    bool IsPending { get; }

    /// <summary>Its stage, whose params it has.</summary>
    string Stage { get; }

    /// <summary>Its profiles, first wins.</summary>
    IReadOnlyList<string> Profiles { get; }

    /// <summary>Its own value of <see cref="LoaderParam"/> where that is a text; else null.</summary>
    string? BootLoader { get; }

    /// <summary>True when it has its own value of a param.</summary>
    bool HasParam(string name);
}
