namespace Fabric.EndToEnd;

/// <summary>The Services of a <see cref="ServiceLab"/> by their endpoints; the number is part of the address.</summary>
internal enum ServiceNumber
{
    /// <summary>The client pod.</summary>
    Self = 10,

    /// <summary>The server pod of the client's node.</summary>
    Local = 11,

    /// <summary>The server pod of the other node.</summary>
    Remote = 12,

    /// <summary>Both of them.</summary>
    Both = 13,

    /// <summary>No endpoint.</summary>
    None = 14,

    /// <summary>As <see cref="Local"/>, with externalTrafficPolicy: Local.</summary>
    FirstOnly = 15,

    /// <summary>As <see cref="Remote"/>, with externalTrafficPolicy: Local.</summary>
    SecondOnly = 16,

    /// <summary>A hostNetwork pod of the client's node.</summary>
    FirstHost = 17,

    /// <summary>A hostNetwork pod of the other node.</summary>
    SecondHost = 18,

    /// <summary>What a test adds.</summary>
    OfTheTest = 19,
}
