namespace Fabric.Linux.Route;

/// <summary>The distance at which an address or destination is valid (RT_SCOPE_*, rtnetlink(7)).</summary>
public enum AddressScope : byte
{
    /// <summary>Everywhere.</summary>
    Universe = 0,

    /// <summary>Inside the site.</summary>
    Site = 200,

    /// <summary>On the attached link.</summary>
    Link = 253,

    /// <summary>In this host.</summary>
    Host = 254,

    /// <summary>The destination does not exist.</summary>
    Nowhere = 255,
}
