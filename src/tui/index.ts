export { runRegionView } from './region/view.tsx';
export { runDashboard } from './run.tsx';
