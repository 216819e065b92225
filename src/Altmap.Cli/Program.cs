using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.Model;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;
return 0;
